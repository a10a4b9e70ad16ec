"""What the Python side of the back end shares: the database, customers and orders, and effects once per key."""

import datetime
import json
import os
import re
import sqlite3


class Refused(Exception):
    """The call fails with one of troupe's reasons."""

    def __init__(self, reason, detail, retry_after_ms=0):
        super().__init__(detail)
        self.reply = {"error": {"reason": reason, "detail": detail, "retry_after_ms": retry_after_ms}}


def database_path():
    """SUPPORT_DB, or support.db in the fleet's data folder, which troupe names to every program it starts."""
    return os.environ.get("SUPPORT_DB") or os.path.join(os.environ.get("TROUPE_DATA_DIR", "troupe-data"), "support.db")


def connect():
    """A connection in autocommit mode; writers wait up to three seconds for each other."""
    path = database_path()
    if not os.path.exists(path):
        raise Refused("unavailable", "the support database is not there yet", 1000)
    db = sqlite3.connect(path, timeout=3, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA foreign_keys=ON")
    return db


def today():
    """SUPPORT_TODAY (ISO), or the system's date in UTC."""
    fixed = os.environ.get("SUPPORT_TODAY")
    return datetime.date.fromisoformat(fixed) if fixed else datetime.datetime.now(datetime.timezone.utc).date()


def dollars(cents):
    return f"-${-cents / 100:,.2f}" if cents < 0 else f"${cents / 100:,.2f}"


def in_words(day):
    return f"{day.day} {day:%B %Y}"


def after_working_days(day, count):
    while count > 0:
        day += datetime.timedelta(days=1)
        if day.weekday() < 5:
            count -= 1
    return day


def reply(text, data, confidence=0.95):
    return {"text": text, "data": {"source": "database", **data}, "confidence": confidence}


def ask_for(missing, text, **data):
    """The friendly question that is asked when something is needed first."""
    return {
        "text": text,
        "data": {"status": "needs_input", "missing": [missing], "source": "rules", **data},
        "confidence": 0.5,
    }


def member(call, block, key):
    """`call[block][key]` if it is a string; else empty."""
    value = (call.get(block) or {}).get(key) if isinstance(call.get(block) or {}, dict) else None
    return value if isinstance(value, str) else ""


def find_customer(db, call):
    """The customer's row, or the answer that asks for the customer number."""
    wanted = member(call, "context", "customer_id").upper()
    row = db.execute("SELECT * FROM customers WHERE id = ?", (wanted,)).fetchone()
    if row:
        return row, None
    start = (
        f"I can't find the customer number {wanted}. Could you check it? It"
        if wanted
        else "I can look into this as soon as I know who you are: please tell me your customer number (it"
    )
    # Word for word what the other desks say, so that who asks several of them for something is asked once.
    return None, ask_for("customer_id", start + " looks like C-1001 and stands on every invoice" + ("." if wanted else ")."))


ORDER = re.compile(r"(?:\bLF-?|#)(\d{4,15})\b|(?<![\w$.,-])(\d{5,15})(?![\d]|[.,]\d)", re.IGNORECASE)


def order_named(call):
    """The order that the call names, in its input or its text, as LF-10234; empty if it names none."""
    given = member(call, "input", "order_id").upper()
    if given:
        return given
    found = ORDER.search(call.get("text") or "")
    return "LF-" + (found.group(1) or found.group(2)) if found else ""


def order_of_message(call):
    """The only order that the whole message names, as triage has found it: a part of the message that names none ("and
    cancel it") is about that one, unless it speaks of another."""
    if re.search(r"\b(?:other|another)\b", call.get("text") or "", re.I):
        return ""
    entities = (call.get("input") or {}).get("entities") if isinstance(call.get("input") or {}, dict) else None
    orders = set()
    for entity in entities if isinstance(entities, list) else []:
        if isinstance(entity, dict) and entity.get("type") == "order" and isinstance(entity.get("value"), str):
            digits = re.search(r"\d{4,15}", entity["value"])
            orders.add("LF-" + digits.group() if digits else "")
    return orders.pop() if len(orders) == 1 else ""


# "Can I cancel it?", "how do I cancel my order": wants to know, not to have it done.
ONLY_ASKS = re.compile(
    r"\b(?:can|can't|could|may|might|should|do|must|would) (?:i|we)\b|\b(?:am i|are we)\b|\bis (?:it|there)\b|\bwould it\b"
    r"|\b(?:if|when|where) (?:i|we) (?:can|could|may|must)\b|\bhow (?:to|long|late|much)\b|\bwhat (?:if|happens)\b"
    r"|\bwhether\b|\bwonder",
    re.IGNORECASE,
)
# "Could you cancel it?" has it done.
ASKED_OF_US = re.compile(r"\b(?:you|please|pls|somebody|someone|anybody|anyone)\b", re.IGNORECASE)


def only_asks(text):
    return bool(ONLY_ASKS.search(text) or (text.rstrip().endswith("?") and not ASKED_OF_US.search(text)))


# "Cancel it": the order that was talked about last, however it stands. In "my order, cancel it" it is another one.
LEANS_BACK = re.compile(r"^(?!.*\b(?:orders?|purchases?|parcels?|packages?)\b).*\b(?:it|that|this|them)\b", re.IGNORECASE | re.DOTALL)


# "Where is my order and cancel it": one of those that are under way.
LOOKS_FOR = re.compile(r"\b(?:where|where's|wheres|track|status)\b", re.IGNORECASE)


def find_order(db, customer, call, states, acts=True):
    """The order meant, or the answer that asks for it: the one named, else the one talked about last, else the only one
    in one of `states`, or the newest of them if the customer says so. Where another was talked about last, which is in
    none of them, nobody who `acts` guesses; nor where "it" may as well be a parcel that is on its way."""
    text = call.get("text") or ""
    last = member(call, "context", "order_id").upper()
    leans = LEANS_BACK.search(text)
    named = order_named(call) or order_of_message(call) or (last if leans else "")
    if acts and (leans or LOOKS_FOR.search(text)) and "shipped" not in states:
        states = (*states, "shipped")
    if named:
        row = db.execute("SELECT * FROM orders WHERE id = ? AND customer_id = ?", (named, customer["id"])).fetchone()
        if row:
            return row, None
        return None, ask_for(
            "order_id",
            f"I can't find an order {named} on your account. Could you check the number? It looks like LF-10234.",
            status="not_found",
            order_id=named,
        )
    marks = ",".join("?" * len(states))
    rows = db.execute(
        f"SELECT * FROM orders WHERE customer_id = ? AND status IN ({marks}) ORDER BY id DESC", (customer["id"], *states)
    ).fetchall()
    for row in rows:
        if row["id"] == last:
            return row, None
    if rows and ((len(rows) == 1 and not (last and acts)) or re.search(r"\b(last|latest|newest|recent|just)\b", text, re.I)):
        return rows[0], None
    if rows:
        return None, ask_for(
            "order_id",
            "Which order do you mean? " + "; ".join(f"{r['id']} of {r['placed_on']}, {r['status']}" for r in rows[:5]) + ".",
            orders=[r["id"] for r in rows[:5]],
        )
    newest = db.execute("SELECT * FROM orders WHERE customer_id = ? ORDER BY id DESC LIMIT 1", (customer["id"],)).fetchone()
    if newest:
        return newest, None
    return None, reply("There is no order on your account yet.", {"status": "none"}, 0.85)


def items_of(db, order_id):
    return db.execute(
        "SELECT i.sku, p.name, i.quantity, i.unit_cents FROM order_items i JOIN products p USING (sku) "
        "WHERE i.order_id = ? ORDER BY i.sku",
        (order_id,),
    ).fetchall()


def once(db, customer, call, effect):
    """Runs `effect()` in a transaction, at most once per idempotency key: a repetition gets the first answer again."""
    if not isinstance(call.get("idempotency_key"), str) or not call["idempotency_key"]:
        raise Refused("invalid_input", f"'{call.get('skill')}' needs an idempotency key")
    key = f"{call.get('skill')}/{customer['id']}/{call['idempotency_key']}"
    db.execute("BEGIN IMMEDIATE")
    try:
        before = db.execute("SELECT reply FROM effects WHERE idempotency_key = ?", (key,)).fetchone()
        if before:
            answer = json.loads(before["reply"])
        else:
            answer = effect()
            db.execute("INSERT INTO effects VALUES (?, ?, ?)", (key, json.dumps(answer), today().isoformat()))
        db.execute("COMMIT")
        return answer
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def serve(skills, call):
    """Answers one call with the function of its skill: `f(db, customer, call)`; `skills` maps to (f, writes)."""
    try:
        if not isinstance(call, dict) or not isinstance(call.get("text") or "", str):
            raise Refused("invalid_input", "a call is an object with a text")
        if call.get("skill") not in skills:
            raise Refused("invalid_input", f"no such skill here: {call.get('skill')}")
        function, writes = skills[call["skill"]]
        db = connect()
        try:
            customer, question = find_customer(db, call)
            if question:
                return question
            if writes:
                return once(db, customer, call, lambda: function(db, customer, call))
            return function(db, customer, call)
        finally:
            db.close()
    except Refused as refused:
        return refused.reply
    except sqlite3.OperationalError as error:
        return Refused("unavailable", f"support database: {error}", 500).reply
