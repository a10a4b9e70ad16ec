#include "nodes/doors/http_message.hpp"

#include <charconv>

namespace troupe {

namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

void append_number(std::string& out, std::size_t n) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
  out.append(digits, end);
}

} // namespace

void http_request::clear() noexcept {
  method = target = path = query = {};
  body.clear();
  parameters.clear();
  pass = nullptr;
  line_.clear();
  text_.clear();
  fields_.clear();
}

void http_request::set_request_line(std::string_view method_name, std::string_view whole_target) {
  line_.assign(method_name);
  line_ += whole_target;
  const std::string_view all{line_};
  method = all.substr(0, method_name.size());
  target = all.substr(method_name.size());
  const auto mark = target.find('?');
  path = target.substr(0, mark);
  query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

void http_request::add_header(std::string_view name, std::string_view value) {
  field f;
  f.name = static_cast<std::uint32_t>(text_.size());
  f.name_size = static_cast<std::uint32_t>(name.size());
  for (const char c : name)
    text_ += lower(c);
  f.value = static_cast<std::uint32_t>(text_.size());
  f.value_size = static_cast<std::uint32_t>(value.size());
  text_ += value;
  fields_.push_back(f);
}

std::string_view http_request::header(std::string_view lower_name) const noexcept {
  const std::string_view all{text_};
  for (const auto& f : fields_)
    if (all.substr(f.name, f.name_size) == lower_name)
      return all.substr(f.value, f.value_size);
  return {};
}

std::size_t http_request::count(std::string_view lower_name) const noexcept {
  const std::string_view all{text_};
  std::size_t n = 0;
  for (const auto& f : fields_)
    n += all.substr(f.name, f.name_size) == lower_name ? 1 : 0;
  return n;
}

void http_reply::add(std::string_view name, std::string_view value) {
  headers += name;
  headers += ": ";
  for (const char c : value)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)
      headers += c;
  headers += "\r\n";
}

std::string_view status_words(unsigned status) noexcept {
  switch (status) {
  case 100:
    return "Continue";
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 202:
    return "Accepted";
  case 204:
    return "No Content";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 406:
    return "Not Acceptable";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 413:
    return "Content Too Large";
  case 414:
    return "URI Too Long";
  case 415:
    return "Unsupported Media Type";
  case 421:
    return "Misdirected Request";
  case 422:
    return "Unprocessable Content";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 500:
    return "Internal Server Error";
  case 501:
    return "Not Implemented";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  case 505:
    return "HTTP Version Not Supported";
  default:
    return {};
  }
}

void append_head(std::string& out, const reply_head& head) {
  const auto& reply = *head.reply;
  out += "HTTP/1.1 ";
  append_number(out, reply.status);
  out += ' ';
  out += status_words(reply.status);
  out += "\r\n";
  if (!reply.type.empty()) {
    out += "Content-Type: ";
    out += reply.type;
    out += "\r\n";
  }
  if (!head.streamed) {
    out += "Content-Length: ";
    append_number(out, head.length);
    out += "\r\n";
  } else if (head.chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  out += head.date;
  out += reply.headers;
  if (!head.keep)
    out += "Connection: close\r\n";
  else if (head.say_keep)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

} // namespace troupe
