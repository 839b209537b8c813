#include "pactor/prelude.hpp"
#include "pactor/prelude/eigen.hpp"
#include "tests/unit/prelude/failure_of.hpp"

#include <doctest/doctest.h>

using namespace pactor::prelude;
using pactor::complex_array;
using pactor::ndarray;
using pactor::testing::failure_of;
using std::string;
using std::vector;

namespace {

void check_close(const ndarray<double>& a, const ndarray<double>& b) {
  REQUIRE(std::ranges::equal(a.shape(), b.shape()));
  CHECK(max(abs(a - b)) < 1e-12);
}

} // namespace

TEST_SUITE_BEGIN("prelude");

TEST_CASE("products") {
  const auto a = matrix({{1, 2}, {3, 4}});
  CHECK(matmul(a, eye(2)) == a);
  CHECK(matmul(a, vector{1, 1}) == vector<double>{3, 7});
  CHECK(matmul(vector{1, 1}, a) == vector<double>{4, 6});
  CHECK(matmul(ndarray<int>{{1, 2}, {1, 2}}, ndarray<int>{{2, 1}, {3, 4}}) == matrix({{11}}));
  CHECK(dot(vector{1, 2}, vector{3.0, 4.0}) == 11);
  CHECK(dot(a, a) == matmul(a, a));
  CHECK(norm(vector{3, 4}) == doctest::Approx(5));
  CHECK(norm(vector{1e300, 1e300}) == doctest::Approx(1.4142135623730951e300));
  CHECK(matmul(zeros(2, 0), zeros(0, 3)) == zeros(2, 3));
  CHECK(failure_of([&] {
          static_cast<void>(matmul(a, vector{1, 2, 3}));
        }) == "matmul: arrays of unequal shape: 2x2 and 3");
  CHECK(failure_of([] { static_cast<void>(dot(vector{1}, vector{1, 2})); }) == "dot: arrays of unequal shape: 1 and 2");
}

TEST_CASE("an ndarray with one dimension has none where it was a row or a column") {
  const auto a = matrix({{1, 2}, {3, 4}});
  const ndarray<double> v{{2}, {1, 1}}, w{{2}, {2, 3}};
  CHECK(matmul(a, v) == ndarray<double>{{2}, {3, 7}});
  CHECK(matmul(v, a) == ndarray<double>{{2}, {4, 6}});
  CHECK(dot(a, v) == ndarray<double>{{2}, {3, 7}});
  CHECK(dot(v, w) == ndarray<double>{{}, {5}});
  CHECK(repr(dot(v, w)) == "array(5.)");
  CHECK(matmul(v, vector{2, 3}) == vector<double>{5});
  check_close(solve(matrix({{2, 0}, {0, 4}}), w), ndarray<double>{{2}, {1, 0.75}});
  CHECK(solve(zeros(0, 0), ndarray<double>{}) == ndarray<double>{});
}

TEST_CASE("solving") {
  const auto a = matrix({{2, 1}, {1, 3}});
  CHECK(norm(solve(a, vector{3, 5}) - vector{0.8, 1.4}) < 1e-12);
  check_close(matmul(a, inv(a)), eye(2));
  check_close(solve(a, eye(2)), inv(a));
  CHECK(det(a) == doctest::Approx(5));
  CHECK(trace(a) == 5);
  CHECK(matrix_rank(matrix({{1, 2}, {2, 4}})) == 1);
  CHECK(matrix_rank(a) == 2);
  CHECK(failure_of([] { static_cast<void>(inv(matrix({{1, 2}, {2, 4}}))); }) == "inv: the matrix is singular");
  CHECK(failure_of([] { static_cast<void>(solve(zeros(2, 2), vector{1, 2})); }) == "solve: the matrix is singular");
  CHECK(failure_of([] { static_cast<void>(det(zeros(2, 3))); }) == "det: the matrix is not square: 2x3");
  CHECK(failure_of([] { static_cast<void>(inv(vector{1, 2})); }) == "inv needs a matrix, not an array of 1 dimension");
  CHECK(det(eye(0)) == 1);
}

TEST_CASE("eigenvalues: as real numbers if they are, else complex") {
  const auto values = eigvals(matrix({{2, 0}, {0, 3}}));
  CHECK(values.is_real());
  CHECK(repr(values) == "array([2., 3.])");
  const auto turned = eigvals(matrix({{0, -1}, {1, 0}}));
  CHECK(!turned.is_real());
  CHECK(repr(turned) == "array([0.+1.i, 0.-1.i])");
  CHECK(std::abs(turned[0] * turned[1] - 1.0) < 1e-12);
  CHECK(norm(abs(turned) - 1) < 1e-12);
  CHECK(np.linalg.eigvals(eye(3)).size() == 3);
  const auto a = matrix({{2, 1}, {1, 2}});
  CHECK(norm(eigvalsh(a) - vector{1, 3}) < 1e-12);
  const auto [w, v] = eigh(a);
  check_close(matmul(a, v), matmul(v, ndarray<double>{{2, 2}, {w[0], 0, 0, w[1]}}));
  const auto [z, u] = eig(a);
  for (std::size_t k = 0; k < 2; ++k)
    for (std::size_t i = 0; i < 2; ++i) // a * u = z * u, column by column
      CHECK(std::abs(a(i, 0) * u(0, k) + a(i, 1) * u(1, k) - z[k] * u(i, k)) < 1e-12);
  CHECK(failure_of([] { static_cast<void>(eigvals(matrix({{std::nan("")}}))); }) ==
        "eigvals: the matrix has elements that are nan or infinite");
  CHECK(eigvals(zeros(0, 0)).size() == 0);
}

TEST_CASE("what a client gets of complex numbers") {
  const complex_array real{{2}, {1, 2}}, complex{{2}, {{1, 2}, {3, 4}}};
  const auto as_array = [](const auto& v) {
    const auto encoded = pactor::encode(v);
    return pactor::decode<ndarray<double>>(encoded.data(), encoded.size());
  };
  CHECK(as_array(real) == ndarray<double>{{2}, {1, 2}});
  CHECK(as_array(complex) == ndarray<double>{{2, 2}, {1, 2, 3, 4}});
  CHECK(complex.imag() == ndarray<double>{{2}, {2, 4}});
  const vector<std::complex<double>> plain{{1, 2}, {0.5, 0}};
  const auto encoded = pactor::encode(plain);
  CHECK(pactor::decode<vector<std::complex<double>>>(encoded.data(), encoded.size()) == plain);
  CHECK(sum(complex) == std::complex<double>{4, 6});
  CHECK(real != complex);
}

TEST_CASE("singular values") {
  const auto a = matrix({{1, 2}, {3, 4}, {5, 6}});
  const auto [u, s, vt] = svd(a);
  CHECK(s.size() == 2);
  CHECK(s[0] > s[1]);
  check_close(matmul(u, matmul(ndarray<double>{{2, 2}, {s[0], 0, 0, s[1]}}, vt)), a);
  CHECK(failure_of([] { static_cast<void>(svd(zeros(0, 2))); }) == "svd: the matrix has no elements");
}

TEST_CASE("to and from Eigen, where the elements lie") {
  auto a = matrix({{1, 2}, {3, 4}});
  as_eigen(a)(0, 1) = 7;
  CHECK(a(0, 1) == 7);
  CHECK(to_ndarray(as_eigen(a) * 2) == a * 2);
  const vector<double> v{1, 2};
  CHECK(to_ndarray(as_eigen(v)) == ndarray<double>{{2}, {1, 2}});
  CHECK(to_ndarray(as_eigen(a).transpose()) == transpose(a));
  // Elements of a temporary would be gone.
  const auto takes = [](auto&& x) {
    return requires { as_eigen(std::forward<decltype(x)>(x)); };
  };
  CHECK(takes(a));
  CHECK(takes(std::as_const(a)));
  CHECK(!takes(ndarray<double>{}));
  CHECK(!takes(vector<double>{}));
  CHECK(!takes(static_cast<const vector<double>&&>(v)));
}

TEST_SUITE_END();
