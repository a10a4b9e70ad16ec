#include "src/text/model.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

// The form of a model file, little-endian throughout:
//   8 bytes  magic "TROUPETX"
//   u32      version of the form
//   u32      version of the features: fingerprints of another version would silently match nothing
//   u64      bytes that follow the head
//   u64      checksum of those bytes
// then the fields in the order in which `fields` visits them; a sequence is its length as u64 and
// its elements.

namespace troupe::text {

namespace {

static_assert(std::endian::native == std::endian::little,
              "model files are read and written in place");

constexpr std::string_view magic = "TROUPETX";
constexpr std::uint32_t form_version = 1;
constexpr std::size_t head_size = 8 + 4 + 4 + 8 + 8;

std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t sum = 0x9e3779b97f4a7c15ULL ^ bytes.size();
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    auto size = std::min<std::size_t>(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), size);
    sum = std::rotl(sum ^ (word * 0xbf58476d1ce4e5b9ULL), 29) * 0x94d049bb133111ebULL;
    bytes.remove_prefix(size);
  }
  return sum ^ (sum >> 32);
}

class writer {
 public:
  template <class T>
  void value(const T& one) {
    bytes_.append(reinterpret_cast<const char*>(&one), sizeof one);
  }
  template <class T>
  void all(const std::vector<T>& many) {
    value<std::uint64_t>(many.size());
    bytes_.append(reinterpret_cast<const char*>(many.data()), many.size() * sizeof(T));
  }
  void text(const std::string& one) {
    value<std::uint64_t>(one.size());
    bytes_ += one;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class reader {
 public:
  explicit reader(std::string_view bytes)
      : left_(bytes) {}

  template <class T>
  T value() {
    T out{};
    copy(&out, sizeof out);
    return out;
  }
  template <class T>
  std::vector<T> all() {
    std::vector<T> out(count(sizeof(T)));
    copy(out.data(), out.size() * sizeof(T));
    return out;
  }
  std::string text() {
    std::string out(count(1), '\0');
    copy(out.data(), out.size());
    return out;
  }
  /// A number of elements, each at least `size` bytes long, that can still follow.
  std::size_t count(std::size_t size) {
    auto many = value<std::uint64_t>();
    if (many > left_.size() / size)
      throw std::runtime_error("it is damaged: a sequence is longer than the file");
    return static_cast<std::size_t>(many);
  }
  bool done() const { return left_.empty(); }

 private:
  void copy(void* to, std::size_t size) {
    if (size > left_.size())
      throw std::runtime_error("it is damaged: a field is cut off");
    if (size > 0)
      std::memcpy(to, left_.data(), size);
    left_.remove_prefix(size);
  }

  std::string_view left_;
};

bool finite(const std::vector<float>& values) {
  for (float value : values)
    if (!std::isfinite(value))
      return false;
  return true;
}

// What reading relies on without looking again.
void check(const model& whole) {
  auto columns = whole.columns(), hidden = whole.hidden_bias.size(),
       features = whole.features.size();
  const auto& keys = whole.features.keys();
  bool rising = true;
  for (std::size_t at = 1; at < keys.size(); ++at)
    rising = rising && keys[at - 1] < keys[at];
  bool sizes = !whole.labels.empty() && rising && whole.features.weights().size() == features &&
               whole.linear.scales().size() == features &&
               whole.linear.cells().size() == features * columns &&
               whole.linear_bias.size() == columns && whole.embedding.scales().size() == features &&
               whole.embedding.cells().size() == features * hidden &&
               whole.output.size() == hidden * columns && whole.output_bias.size() == columns;
  bool numbers = finite(whole.features.weights()) && finite(whole.linear.scales()) &&
                 finite(whole.linear_bias) && finite(whole.embedding.scales()) &&
                 finite(whole.hidden_bias) && finite(whole.output) && finite(whole.output_bias) &&
                 std::isfinite(whole.network_weight) && std::isfinite(whole.trust.threshold) &&
                 std::isfinite(whole.trust.sharpness);
  if (!sizes || !numbers)
    throw std::runtime_error("it is damaged: its parts do not fit together");
}

} // namespace

std::string to_bytes(const model& whole) {
  writer body;
  body.value<std::uint64_t>(whole.labels.size());
  for (const auto& label : whole.labels)
    body.text(label);
  body.value<std::uint8_t>(whole.knows_none ? 1 : 0);
  body.all(whole.features.keys());
  body.all(whole.features.weights());
  body.all(whole.linear.scales());
  body.all(whole.linear.cells());
  body.all(whole.linear_bias);
  body.all(whole.embedding.scales());
  body.all(whole.embedding.cells());
  body.all(whole.hidden_bias);
  body.all(whole.output);
  body.all(whole.output_bias);
  body.value(whole.network_weight);
  for (double slope : whole.trust.slopes)
    body.value(slope);
  body.value(whole.trust.base);
  body.value(whole.trust.threshold);
  body.value(whole.trust.sharpness);
  auto content = body.take();

  writer head;
  for (char c : magic)
    head.value(c);
  head.value(form_version);
  head.value(feature_version);
  head.value<std::uint64_t>(content.size());
  head.value(checksum(content));
  return head.take() + content;
}

model from_bytes(std::string_view bytes) {
  if (!bytes.starts_with(magic))
    throw std::runtime_error("it is not a troupe text model");
  if (bytes.size() < head_size)
    throw std::runtime_error("it is cut off within its head");
  reader head(bytes.substr(magic.size(), head_size - magic.size()));
  auto form = head.value<std::uint32_t>();
  auto features = head.value<std::uint32_t>();
  if (form != form_version || features != feature_version)
    throw std::runtime_error("it has version " + std::to_string(form) + "." +
                             std::to_string(features) + ", this program reads " +
                             std::to_string(form_version) + "." + std::to_string(feature_version) +
                             "; train it anew");
  auto size = head.value<std::uint64_t>();
  auto sum = head.value<std::uint64_t>();
  auto content = bytes.substr(head_size);
  if (size != content.size())
    throw std::runtime_error("it should hold " + std::to_string(size) +
                             " bytes after its head and holds " + std::to_string(content.size()));
  if (sum != checksum(content))
    throw std::runtime_error("it is damaged: the checksum does not match");

  reader in(content);
  model out;
  auto labels = in.count(sizeof(std::uint64_t));
  for (std::size_t at = 0; at < labels; ++at)
    out.labels.push_back(in.text());
  out.knows_none = in.value<std::uint8_t>() != 0;
  auto keys = in.all<fingerprint>();
  auto weights = in.all<float>();
  out.features = vocabulary(std::move(keys), std::move(weights));
  auto scales = in.all<float>();
  out.linear = feature_weights(std::move(scales), in.all<std::int8_t>(), out.columns());
  out.linear_bias = in.all<float>();
  scales = in.all<float>();
  auto cells = in.all<std::int8_t>();
  out.hidden_bias = in.all<float>();
  out.embedding = feature_weights(std::move(scales), std::move(cells), out.hidden_bias.size());
  out.output = in.all<float>();
  out.output_bias = in.all<float>();
  out.network_weight = in.value<double>();
  for (double& slope : out.trust.slopes)
    slope = in.value<double>();
  out.trust.base = in.value<double>();
  out.trust.threshold = in.value<double>();
  out.trust.sharpness = in.value<double>();
  if (!in.done())
    throw std::runtime_error("it is damaged: bytes follow its last field");
  check(out);
  return out;
}

} // namespace troupe::text
