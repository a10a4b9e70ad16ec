#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troupe::knowledge {

/// What a text is searched by: its words in lower case without their endings, each as the idea that
/// it stands for where the house knows one ("money back" and "refund" meet there). Words that say
/// nothing by themselves are left out. Letters and digits only, so that they can stand in a query.
[[nodiscard]] std::vector<std::string> terms_of(std::string_view text);

/// The sentences of a text, in order, without blanks around them.
[[nodiscard]] std::vector<std::string_view> sentences_of(std::string_view text);

} // namespace troupe::knowledge
