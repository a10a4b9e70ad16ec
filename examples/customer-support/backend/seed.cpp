#include "examples/customer-support/backend/seed.hpp"

#include "examples/customer-support/backend/money.hpp"

#include <array>
#include <string>
#include <vector>

namespace troupe::support {

namespace {

using std::chrono::days;

struct plan_row {
  const char *id, *name;
  cents monthly;
  const char* features;
};

// A plan's features are what it adds to the plan below it.
constexpr std::array<plan_row, 5> plans{{
    {"free", "Free", 0, R"(["2 seats"])"},
    {"starter", "Starter", 1900, R"(["5 seats","voicemail"])"},
    {"pro", "Pro", 4900, R"(["15 seats","a shared inbox"])"},
    {"business", "Business", 12900, R"(["50 seats","call recording","an API"])"},
    {"enterprise", "Enterprise", 29900,
     R"(["SSO","audit logs","custom SLAs","a 99.95% uptime guarantee"])"},
}};

struct product_row {
  const char *sku, *name, *words;
  cents unit;
};

// The words are what people call a product, the longest first.
constexpr std::array<product_row, 7> products{{
    {"D4", "D4 desk phone", "desk phone,phone", 12900},
    {"H2", "H2 headset", "headset", 8900},
    {"W1", "W1 webcam", "webcam,camera", 7400},
    {"K3", "K3 dock", "docking station,dock", 14900},
    {"S5", "S5 conference speaker", "conference speaker,speakerphone,speaker", 21900},
    {"M1", "M1 handset", "handset", 5900},
    {"C1", "C1 charging cable", "charging cable,charger,cable", 1200},
}};

constexpr std::array<const char*, 20> first_names{
    "Anna",  "Ben",  "Chiara", "David", "Elif",  "Farid", "Grace", "Hugo", "Ines",   "Jonas",
    "Keiko", "Liam", "Marta",  "Nadia", "Oscar", "Priya", "Quinn", "Rosa", "Stefan", "Yusuf"};
constexpr std::array<const char*, 20> last_names{
    "Adeyemi", "Bauer",   "Costa",  "Dubois",   "Evans",  "Fischer", "Garcia",
    "Hansen",  "Ivanova", "Jensen", "Kowalski", "Larsen", "Moreau",  "Nowak",
    "Okafor",  "Petrov",  "Rossi",  "Silva",    "Tanaka", "Virtanen"};
constexpr std::array<const char*, 8> streets{"Mill Lane",   "Quay Street",  "Elm Road",
                                             "Hill Street", "Station Rd",   "Park Avenue",
                                             "Church Row",  "Bridge Street"};
constexpr std::array<const char*, 6> towns{"Leeds",   "Bristol", "York",
                                           "Norwich", "Cardiff", "Glasgow"};

/// SplitMix64: the same numbers on every machine, which the standard library's distributions do not
/// promise.
class dice {
 public:
  std::uint64_t below(std::uint64_t n) {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % n;
  }
  template <class Table>
  const auto& one_of(const Table& table) {
    return table[below(table.size())];
  }

 private:
  std::uint64_t state_ = 0x1A2B3C4D5E6F7081u;
};

class filler {
 public:
  filler(database& db, day today)
      : db_(db)
      , today_(today) {}

  void tables() {
    int level = 0;
    for (const auto& p : plans)
      db_.ask("INSERT INTO plans VALUES (?, ?, ?, ?, ?)", p.id, p.name, level++, p.monthly,
              p.features)
          .run();
    for (const auto& p : products)
      db_.ask("INSERT INTO products VALUES (?, ?, ?, ?)", p.sku, p.name, p.words, p.unit).run();
  }

  void known_customers() {
    const auto middle = std::chrono::year_month_day{today_ + days{15}};
    const int half_way = std::min(28, static_cast<int>(static_cast<unsigned>(middle.day())));
    customer("C-1001", "Maya Lindqvist", "gold", "4242", "3 Harbour View, Bristol");
    subscribe(2, half_way, false, true);
    order("placed", 0, {{1, 2}});
    customer("C-1002", "Tomasz Berg", "standard", "1881", "14 Mill Lane, Leeds");
    subscribe(2, 12, false, false);
    order("shipped", 3, {{0, 1}});
    order("placed", 1, {{2, 1}, {6, 2}});
    customer("C-1003", "Aisha Khan", "free", "0005", "27 Elm Road, York");
    subscribe(0, 3, false, false);
    order("delivered", 9, {{1, 1}}, 2);
    customer("C-1004", "Carol Novak", "standard", "5556", "5 Quay Street, Cardiff");
    subscribe(1, 20, true, false);
    order("delivered", 70, {{3, 1}});
  }

  /// A payment that the bank has not decided about: nobody can say yet whether it was taken twice.
  void undecided_payment() {
    auto row =
        db_.ask("SELECT o.customer_id, o.id, o.total_cents, c.card_last4 FROM orders o JOIN "
                "customers c ON c.id = o.customer_id WHERE o.customer_id = 'C-1012' LIMIT 1");
    if (!row.next())
      return;
    id_ = row.text(0);
    card_ = row.text(3);
    pay("order", row.text(1), row.number(2), today_, 8 * 3600, "pending");
  }

  void further_customers(int count) {
    static constexpr std::array<const char*, 5> states{"placed", "packed", "shipped", "delivered",
                                                       "cancelled"};
    for (int i = 0; i < count; ++i) {
      const auto kind = dice_.below(10);
      const char* tier = kind < 2 ? "gold" : kind < 7 ? "standard" : "free";
      std::string name = dice_.one_of(first_names);
      name += ' ';
      name += dice_.one_of(last_names);
      std::string address =
          std::to_string(1 + dice_.below(120)) + ' ' + dice_.one_of(streets) + ", ";
      address += dice_.one_of(towns);
      customer("C-" + std::to_string(1005 + i), name, tier,
               std::to_string(1000 + dice_.below(9000)), address);
      const auto plan = kind < 2 ? 2 + dice_.below(3) : kind < 7 ? 1 + dice_.below(3) : 0;
      subscribe(plan, static_cast<int>(1 + dice_.below(28)), dice_.below(4) == 0,
                dice_.below(12) == 0);
      for (auto orders = dice_.below(4); orders > 0; --orders) {
        const char* state = dice_.one_of(states);
        const std::string_view s{state};
        const auto age = s == "placed"    ? dice_.below(2)
                         : s == "packed"  ? 1 + dice_.below(2)
                         : s == "shipped" ? 2 + dice_.below(3)
                                          : 6 + dice_.below(64);
        const auto first = dice_.below(products.size());
        std::vector<item> items{{first, 1 + dice_.below(3)}};
        if (dice_.below(3) == 0)
          items.push_back({(first + 1 + dice_.below(products.size() - 1)) % products.size(), 1});
        order(state, static_cast<int>(age), items, dice_.below(15) == 0 ? 4 : 0);
      }
    }
  }

 private:
  struct item {
    std::uint64_t product;
    std::uint64_t quantity;
  };

  void customer(const std::string& id, const std::string& name, const char* tier,
                const std::string& card, const std::string& address) {
    id_ = id;
    card_ = card;
    address_ = address;
    std::string email;
    for (char c : name)
      email += c == ' ' ? '.' : static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    db_.ask("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?)", id, name, email + "@mail.example",
            tier, card, address)
        .run();
  }

  void subscribe(std::uint64_t plan, int billing_day, bool annual, bool last_one_twice) {
    const auto& p = plans[plan];
    const auto now = cycle_at(today_, billing_day);
    if (annual && plan > 0)
      db_.ask("INSERT INTO subscriptions VALUES (?, ?, ?, ?, 'annual', ?, NULL, NULL)", id_, p.id,
              p.monthly, billing_day, iso(later(now.start, 7)))
          .run();
    else
      db_.ask("INSERT INTO subscriptions VALUES (?, ?, ?, ?, 'monthly', NULL, NULL, NULL)", id_,
              p.id, p.monthly, billing_day)
          .run();
    if (p.monthly == 0)
      return;
    for (int back = 2; back >= 0; --back) {
      const auto at = later(now.start, -back);
      // A declined first attempt every now and then: the gateway tried again an hour later.
      if (id_ != "C-1001" && dice_.below(16) == 0)
        pay("subscription", p.id, p.monthly, at, 5 * 3600, "declined");
      pay("subscription", p.id, p.monthly, at, 6 * 3600 + 12, "captured");
      if (back == 0 && last_one_twice)
        pay("subscription", p.id, p.monthly, at, 6 * 3600 + 15, "captured");
    }
  }

  void order(std::string_view state, int age, const std::vector<item>& items,
             int again_after_s = 0) {
    const auto id = "LF-" + std::to_string(next_order_++);
    const auto placed = today_ - days{age};
    cents total = 0;
    for (const auto& i : items)
      total += products[i.product].unit * static_cast<cents>(i.quantity);
    const bool sent = state == "shipped" || state == "delivered";
    db_.ask("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", id, id_, state, iso(placed),
            sent ? iso(placed + days{1}) : "", state == "delivered" ? iso(placed + days{4}) : "",
            address_, age % 5 == 2 ? "express" : "standard", total)
        .run();
    for (const auto& i : items)
      db_.ask("INSERT INTO order_items VALUES (?, ?, ?, ?)", id, products[i.product].sku,
              static_cast<cents>(i.quantity), products[i.product].unit)
          .run();
    pay("order", id, total, placed, 9 * 3600, "captured");
    if (again_after_s > 0)
      pay("order", id, total, placed, 9 * 3600 + again_after_s, "captured");
  }

  void pay(const char* kind, const std::string& reference, cents amount, day on, int second,
           const char* status) {
    const auto at =
        std::chrono::duration_cast<std::chrono::seconds>(on.time_since_epoch()).count() + second;
    db_.ask("INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "txn_" + std::to_string(next_payment_++), id_, kind, reference, amount, card_,
            static_cast<std::int64_t>(at), status,
            std::string_view{status} == "declined" ? "the bank did not release the amount" : "")
        .run();
  }

  static day later(day from, int by) {
    const std::chrono::year_month_day date{from};
    return day{date + std::chrono::months{by}};
  }

  database& db_;
  day today_;
  dice dice_;
  std::string id_, card_, address_;
  int next_order_ = 10200;
  int next_payment_ = 700100;
};

} // namespace

void fill(database& db, day today) {
  filler f{db, today};
  f.tables();
  f.known_customers();
  f.further_customers(196);
  f.undecided_payment();
}

} // namespace troupe::support
