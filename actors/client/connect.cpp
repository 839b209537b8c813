#include "pactor/client.hpp"

namespace pactor {

// Apart from the rest of the client, so that tests of it link without a transport.
client::client(const client_options& options) : client{detail::open_session(options)} {}

} // namespace pactor
