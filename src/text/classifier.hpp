#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

/// The intent name that marks a text as out of scope in labelled data. It is never a label of a
/// model.
inline constexpr std::string_view out_of_scope = "oos";

struct label_score {
  std::string intent;
  double confidence = 0; ///< share of the classifier's belief, 0 to 1; all labels together give 1
};

/// What a message is about.
struct classification {
  std::string
      intent; ///< the best label, also when not accepted; empty only for a text without any word
  double confidence =
      0; ///< calibrated: the chance that `intent` is right *and* the message is in scope, 0 to 1
  bool accepted = false; ///< confidence reaches the model's threshold
  std::vector<label_score>
      alternatives; ///< the best labels with their shares, best first, `intent` included
};

struct model; // what training gives; defined in model.hpp for the room's own use

/// Tells what a message is about. A value that shares an immutable model: cheap to copy, and every
/// member may be called from any thread at once.
class classifier {
 public:
  explicit classifier(std::shared_ptr<const model> trained);

  /// Any bytes are fine: they are normalized first, and only the first `max_message_bytes` count.
  /// What the message says not to do ("don't cancel my order") is named and not trusted.
  classification classify(std::string_view message) const;

  /// The same by the words alone, whether or not the message refuses what they name.
  classification named(std::string_view message) const;

  /// Reads a model that `save` wrote. Throws std::runtime_error with a sentence that names the file
  /// and says what is wrong with it: missing, not a model, another version, cut off, or damaged.
  static classifier load(const std::filesystem::path& file);

  /// Writes the model beside `file` and renames it into place, so that a reader sees the old or the
  /// new one and never half of either. Throws std::runtime_error that names the file.
  void save(const std::filesystem::path& file) const;

  /// The confidence from which on an answer is accepted; fitted on held-back rows at training.
  double threshold() const;

  /// What training gave, for the room's own use.
  const std::shared_ptr<const model>& trained() const noexcept { return model_; }

  /// Every intent the model knows, sorted.
  const std::vector<std::string>& labels() const;

 private:
  std::shared_ptr<const model> model_;
};

} // namespace troupe::text
