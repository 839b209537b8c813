#pragma once
// Functions of these headers that are no templates are inline: a job library needs nothing but headers. With
// PACTOR_COMPILED they are only declared, and libpactor_prelude has them. Code as text is compiled so, since somebody
// waits for it: g++ instantiates with each unit all that inline functions call, whether or not anything calls them,
// and a precompiled header does not spare it that.

#if defined PACTOR_COMPILED && !defined __clang_analyzer__ // which warns of functions in headers that are not inline
#define PACTOR_INLINE [[gnu::visibility("default")]]
#else
#define PACTOR_INLINE inline
#define PACTOR_BODIES
#endif
