#include "pactor/codec.hpp"
#include "pactor/prelude/linalg.hpp"

namespace pactor {

complex_array::complex_array() : shape_{0} {}

complex_array::complex_array(std::vector<std::size_t> shape, std::vector<value_type> data)
    : shape_{std::move(shape)}, data_{std::move(data)} {
  if (detail::checked_count(shape_) != data_.size())
    throw error{ec::invalid_argument, "a shape with another number of values"};
}

bool complex_array::is_real() const noexcept {
  return std::all_of(data_.begin(), data_.end(), [](const auto& z) { return z.imag() == 0; });
}

ndarray<double> complex_array::real() const { return parts(shape_, 2, 0); }
ndarray<double> complex_array::imag() const { return parts(shape_, 2, 1); }

ndarray<double> complex_array::parts(std::vector<std::size_t> shape, std::size_t step, std::size_t first) const {
  ndarray<double> out{std::move(shape)};
  const auto* from = reinterpret_cast<const double*>(data_.data()); // the standard allows it
  for (std::size_t i = 0; i < out.size(); ++i) out.data()[i] = from[first + i * step];
  return out;
}

void complex_array::write(detail::packer& p) const {
  auto shape = shape_;
  if (is_real()) return detail::write(p, real());
  shape.push_back(2);
  detail::write(p, parts(std::move(shape), 1, 0));
}

} // namespace pactor
