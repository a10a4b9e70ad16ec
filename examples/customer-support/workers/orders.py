"""The orders agent: reads one call per line from standard input and writes one answer per line, until the input ends.

An order goes from placed to packed, shipped and delivered. Until it is shipped it can be cancelled and changed."""

import json
import re
import sys

import backend
from backend import ask_for, dollars, reply

LONGEST_LINE = 1 << 20
OPEN = ("placed", "packed")
LARGEST_QUANTITY = 50
NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "another": 1}


def about(order, status, **more):
    """An answer's data; the order becomes the one that was talked about last."""
    return {"status": status, "order_id": order["id"], **more, "context": {"order_id": order["id"]}}


def too_late(order, wish):
    """The answer for an order that has left its first two states."""
    if order["status"] == "cancelled":
        return reply(f"Order {order['id']} has already been cancelled.", about(order, "already_cancelled"), 0.9)
    hint = (
        "refuse the parcel at the door, or return it once it has arrived, and we refund it."
        if order["status"] == "shipped"
        else "but you can return it and get your money back; just ask for the refund."
    )
    joint = "You can " if order["status"] == "shipped" else "It can't be undone, "
    return reply(
        f"Order {order['id']} has already been {order['status']}, so it can no longer be {wish}. {joint}{hint}",
        about(order, "too_late", order_status=order["status"]),
        0.9,
    )


def cancel(db, customer, call):
    """Cancels the order that is meant, or all that the text names; whoever only asks is told whether it can be done."""
    asks = backend.only_asks(call.get("text") or "")
    named = list(dict.fromkeys("LF-" + (m.group(1) or m.group(2)) for m in backend.ORDER.finditer(call.get("text") or "")))
    if len(named) < 2:
        return cancel_one(db, customer, call, asks)
    answers = [cancel_one(db, customer, {**call, "input": None, "text": number}, asks) for number in named[:20]]
    done = [a["data"] for a in answers if a["data"]["status"] == "cancelled"]
    data = {"status": "cancelled" if len(done) == len(answers) else "partly_cancelled" if done else "not_cancelled"}
    data["orders"] = [{"order_id": a["data"]["order_id"], "status": a["data"]["status"]} for a in answers]
    data["refundable_cents"] = sum(d["refundable_cents"] for d in done)
    return reply(" ".join(a["text"] for a in answers), data, min(a["confidence"] for a in answers))


def cancel_one(db, customer, call, asks):
    order, question = backend.find_order(db, customer, call, OPEN)
    if question:
        return question
    if order["status"] not in OPEN:
        return too_late(order, "cancelled")
    what = ", ".join(f"{i['quantity']} x {i['name']}" for i in backend.items_of(db, order["id"]))
    if asks:
        return reply(
            f"Order {order['id']} ({what}) has not been shipped, so it can still be cancelled, and its "
            f"{dollars(order['total_cents'])} refunded. Nothing has been done so far: write \"cancel order {order['id']}\" "
            "if you want that.",
            about(order, "cancellable", order_status=order["status"]),
            0.9,
        )
    changed = db.execute(
        "UPDATE orders SET status = 'cancelled' WHERE id = ? AND status IN ('placed', 'packed')", (order["id"],)
    ).rowcount
    if changed != 1:
        raise backend.Refused("contradiction", f"order {order['id']} changed meanwhile")
    return reply(
        f"Order {order['id']} ({what}) is cancelled; nothing will be shipped. "
        f"Its {dollars(order['total_cents'])} can be refunded now.",
        about(order, "cancelled", refundable=dollars(order["total_cents"]), refundable_cents=order["total_cents"]),
    )


def products_in(db, text):
    """The products that `text` names, each with the number before it: [(row, quantity or None)]."""
    found = []
    rest = text.lower()
    for product in db.execute("SELECT sku, name, words, unit_cents FROM products ORDER BY sku"):
        for word in product["words"].split(","):
            hit = re.search(rf"(?:\b(\d{{1,4}}|{'|'.join(NUMBERS)})\s+(?:more\s+|x\s+|of\s+)?(?:\w+\s+){{0,2}}?)?\b{word}s?\b", rest)
            if hit:
                number = hit.group(1)
                quantity = None if number is None else int(number) if number.isdigit() else NUMBERS[number]
                found.append((hit.start(), product, quantity))
                rest = rest[: hit.start()] + " " * (hit.end() - hit.start()) + rest[hit.end() :]
                break
    return [(product, quantity) for _, product, quantity in sorted(found, key=lambda f: f[0])]


def set_quantity(db, order, product, quantity):
    """Sets how many of a product an order holds; zero takes it out. Bills or credits the difference."""
    now = next((i["quantity"] for i in backend.items_of(db, order["id"]) if i["sku"] == product["sku"]), 0)
    if quantity == 0:
        db.execute("DELETE FROM order_items WHERE order_id = ? AND sku = ?", (order["id"], product["sku"]))
    else:
        db.execute(
            "INSERT INTO order_items VALUES (?, ?, ?, ?) ON CONFLICT (order_id, sku) DO UPDATE SET quantity = excluded.quantity",
            (order["id"], product["sku"], quantity, product["unit_cents"]),
        )
    return (quantity - now) * product["unit_cents"]


def change(db, customer, call):
    order, question = backend.find_order(db, customer, call, OPEN)
    if question:
        return question
    if order["status"] not in OPEN:
        return too_late(order, "changed")
    text = call.get("text") or ""
    # The order's number is no quantity.
    named = products_in(db, backend.ORDER.sub(" ", text))
    has = {i["sku"]: i for i in backend.items_of(db, order["id"])}
    swap = re.search(r"\b(swap|exchange|replace|instead|switch)\b", text, re.I)
    remove = re.search(r"\b(remove|delete|drop|take\b.*\bout|without|reduce)\b", text, re.I)
    to = re.search(r"\b(?:quantity|amount|make it|to|be)\s+(?:to\s+|be\s+)?(\d{1,3}|one|two|three|four|five|six|ten)\b", text, re.I)
    wishes = []
    if swap and len(named) >= 2:
        out = next((p for p, _ in named if p["sku"] in has), None)
        into = next(((p, n) for p, n in named if p["sku"] not in has), None)
        if out and into:
            wishes = [(out, 0), (into[0], into[1] or has[out["sku"]]["quantity"])]
    elif remove and named:
        wishes = [(p, max(0, has[p["sku"]]["quantity"] - n) if n else 0) for p, n in named if p["sku"] in has]
    elif to and (named or len(has) == 1):
        wanted = to.group(1).lower()
        product = named[0][0] if named else next(iter(has.values()))
        wishes = [(product, int(wanted) if wanted.isdigit() else NUMBERS[wanted])]
    elif named and not swap and re.search(r"\b(add|put|more|another|also|forgot|like|need|want)\b", text, re.I):
        wishes = [(p, (has[p["sku"]]["quantity"] if p["sku"] in has else 0) + (n or 1)) for p, n in named]
    if not wishes:
        holds = ", ".join(f"{i['quantity']} x {i['name']}" for i in has.values())
        return ask_for(
            "change",
            f"Order {order['id']} can still be changed; it holds {holds}. What should be added, removed or replaced?",
            order_id=order["id"],
            context={"order_id": order["id"]},
        )
    if any(n > LARGEST_QUANTITY for _, n in wishes):
        return ask_for("quantity", f"Up to {LARGEST_QUANTITY} of a product fit in an order. How many should it be?")
    left = {sku: i["quantity"] for sku, i in has.items()} | {p["sku"]: n for p, n in wishes}
    if not any(left.values()):
        return ask_for("confirmation", f"That would leave order {order['id']} empty. Shall I cancel it instead?")
    if backend.only_asks(text):
        names = {sku: i["name"] for sku, i in has.items()} | {p["sku"]: p["name"] for p, _ in wishes}
        wanted = ", ".join(f"{n} x {names[sku]}" for sku, n in sorted(left.items()) if n)
        return ask_for(
            "confirmation",
            f"Order {order['id']} has not been shipped, so it can still be changed, and would hold {wanted}. Nothing has been done so far: "
            "write what you want changed, without asking whether it can be, and I change it.",
            order_id=order["id"],
            context={"order_id": order["id"]},
        )
    difference = sum(set_quantity(db, order, p, n) for p, n in wishes)
    total = order["total_cents"] + difference
    db.execute("UPDATE orders SET total_cents = ? WHERE id = ?", (total, order["id"]))
    if difference:
        db.execute(
            "INSERT INTO adjustments (idempotency_key, customer_id, amount_cents, cause, made_on) VALUES (?, ?, ?, ?, ?)",
            (call["idempotency_key"], customer["id"], difference, f"change of {order['id']}", backend.today().isoformat()),
        )
    holds = ", ".join(f"{i['quantity']} x {i['name']}" for i in backend.items_of(db, order["id"]))
    money = f"{dollars(difference)} goes" if difference > 0 else f"{dollars(-difference)} is credited"
    return reply(
        f"Order {order['id']} now holds {holds}, {dollars(total)} in all." + (f" The difference of {money} on your next invoice." if difference else ""),
        about(order, "changed", total_cents=total, difference_cents=difference),
        0.9,
    )


def place(db, customer, call):
    text = call.get("text") or ""
    again = re.search(r"\b(reorder|again|same)\b", text, re.I)
    named = [(p, n or 1) for p, n in products_in(db, text)]
    if again and not named:
        last = db.execute("SELECT id FROM orders WHERE customer_id = ? ORDER BY id DESC LIMIT 1", (customer["id"],)).fetchone()
        named = [(i, i["quantity"]) for i in backend.items_of(db, last["id"])] if last else []
    # "How do I order" wants to know, not to buy.
    asks = re.search(r"\b(how|where|can i|is it possible)\b", text, re.I)
    if not named or asks:
        names = [f"{p['name']} ({dollars(p['unit_cents'])})" for p in db.execute("SELECT name, unit_cents FROM products ORDER BY sku")]
        return ask_for(
            "product",
            "Tell me what and how many, for example \"order two H2 headsets\", and I place the order with your card "
            f"ending in {customer['card_last4']}. We have: " + ", ".join(names) + ".",
        )
    if any(not 0 < n <= LARGEST_QUANTITY for _, n in named):
        return ask_for("quantity", f"An order takes 1 to {LARGEST_QUANTITY} of a product. How many should it be?")
    total = sum(p["unit_cents"] * n for p, n in named)
    number = db.execute("SELECT MAX(CAST(SUBSTR(id, 4) AS INTEGER)) + 1 FROM orders").fetchone()[0]
    day = backend.today()
    order = {"id": f"LF-{number}"}
    db.execute(
        "INSERT INTO orders VALUES (?, ?, 'placed', ?, '', '', ?, ?, ?)",
        (order["id"], customer["id"], day.isoformat(), customer["address"], "express" if "express" in text.lower() else "standard", total),
    )
    for product, quantity in named:
        db.execute("INSERT INTO order_items VALUES (?, ?, ?, ?)", (order["id"], product["sku"], quantity, product["unit_cents"]))
    payment = db.execute("SELECT MAX(CAST(SUBSTR(id, 5) AS INTEGER)) + 1 FROM payments").fetchone()[0]
    db.execute(
        "INSERT INTO payments (id, customer_id, kind, reference, amount_cents, card_last4, at, status) "
        "VALUES (?, ?, 'order', ?, ?, ?, CAST(strftime('%s', ?) AS INTEGER), 'captured')",
        (f"txn_{payment}", customer["id"], order["id"], total, customer["card_last4"], day.isoformat()),
    )
    what = ", ".join(f"{n} x {p['name']}" for p, n in named)
    return reply(
        f"Order {order['id']} is placed: {what}, {dollars(total)} from your card ending in {customer['card_last4']}, "
        f"to {customer['address']}. We ship on the next working day.",
        about(order, "placed", total_cents=total, transaction_id=f"txn_{payment}"),
        0.9,
    )


def track(db, customer, call):
    order, question = backend.find_order(db, customer, call, (*OPEN, "shipped"), acts=False)
    if question:
        return question
    said = {
        "placed": f"was placed on {order['placed_on']} and is waiting to be packed",
        "packed": "is packed and leaves us on the next working day",
        "shipped": f"was shipped on {order['shipped_on']}",
        "delivered": f"was delivered on {order['delivered_on']}",
        "cancelled": "was cancelled",
    }[order["status"]]
    return reply(f"Order {order['id']} {said}.", about(order, order["status"]), 0.9)


# A house number and a street, or a street and a house number, then whatever follows up to the end of the sentence.
ADDRESS = re.compile(r"(?:\bto\b|\bis\b|\bas\b|:|\badd\b|\bstore\b|\bsave\b|^)[\s:]*(\d{1,4}[a-z]?\s+[A-Z][\w'.-]+(?:\s+[A-Z][\w'.-]+)*(?:,\s*[A-Z][\w' -]*[\w])?)")


def address_in(call):
    given = backend.member(call, "input", "address")
    found = given or next((m.group(1) for m in ADDRESS.finditer(call.get("text") or "")), "")
    for word in (" as a ", " as my ", " as the ", " for ", " instead", " please"):
        found = found.split(word)[0]
    return found.strip(" ,.")[:200]


def change_address(db, customer, call):
    address = address_in(call)
    if not address:
        return ask_for("address", "What is the right address? Please write house number, street and town, for example 14 Mill Lane, Leeds.")
    if backend.only_asks(call.get("text") or ""):
        return ask_for(
            "confirmation",
            "The address of what has not been shipped can still be changed. Nothing has been done so far: "
            f"write \"send it to {address}\" if you want that.",
            address=address,
        )
    named = backend.order_named(call) or backend.order_of_message(call)
    if not named:
        db.execute("UPDATE customers SET address = ? WHERE id = ?", (address, customer["id"]))
        moved = db.execute(
            "UPDATE orders SET address = ? WHERE customer_id = ? AND status IN ('placed', 'packed') RETURNING id", (address, customer["id"])
        ).fetchall()
        more = f" Your open order{'s' if len(moved) > 1 else ''} {', '.join(r['id'] for r in moved)} will go there too." if moved else ""
        return reply(f"Your delivery address is now {address}.{more}", {"status": "changed", "address": address, "orders": [r["id"] for r in moved]}, 0.9)
    order, question = backend.find_order(db, customer, call, OPEN)
    if question:
        return question
    if order["status"] not in OPEN:
        return too_late(order, "sent elsewhere")
    db.execute("UPDATE orders SET address = ? WHERE id = ?", (address, order["id"]))
    return reply(f"Order {order['id']} will be delivered to {address}.", about(order, "changed", address=address), 0.9)


def set_up_address(db, customer, call):
    address = address_in(call)
    if not address:
        return ask_for("address", "Gladly: which address shall I add? Please write house number, street and town, for example 14 Mill Lane, Leeds.")
    count = db.execute("SELECT COUNT(*) FROM addresses WHERE customer_id = ?", (customer["id"],)).fetchone()[0]
    if count >= 20:
        return reply("Your address book is full (20 entries). Please remove one under Settings > Addresses first.", {"status": "full"}, 0.9)
    db.execute("INSERT OR IGNORE INTO addresses (customer_id, address) VALUES (?, ?)", (customer["id"], address))
    return reply(f"I have added {address} to your addresses; you can choose it at checkout.", {"status": "added", "address": address}, 0.9)


SKILLS = {
    "order.cancel": (cancel, True),
    "order.change": (change, True),
    "order.place": (place, True),
    "order.track": (track, False),
    "order.address": (change_address, True),
    "address.set_up": (set_up_address, True),
}


def main():
    source = sys.stdin.buffer
    while line := source.readline(LONGEST_LINE + 1):
        call = {}
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = source.readline(LONGEST_LINE)
            answer = {"error": {"reason": "invalid_input", "detail": "the line is too long"}}
        else:
            try:
                call = json.loads(line)
                answer = backend.serve(SKILLS, call)
            except (ValueError, RecursionError) as error:
                answer = {"error": {"reason": "invalid_input", "detail": f"not a call: {error}"}}
        if isinstance(call, dict) and "id" in call:
            answer = {"id": call["id"], **answer}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
