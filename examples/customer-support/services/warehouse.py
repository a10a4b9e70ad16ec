"""The warehouse's own service: tells where parcels are and takes reports about lost and damaged ones, over HTTP.

POST /agent takes a call as troupe sends it and answers it; GET /health says that it is there. WAREHOUSE_PORT names the
port on 127.0.0.1 (7431)."""

import datetime
import errno
import http.server
import json
import os
import pathlib
import re
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "workers"))

import backend  # noqa: E402
from backend import reply  # noqa: E402

LARGEST_BODY = 1 << 20
MOST_REQUESTS = 32


def due(order):
    """The day on which a shipped order arrives."""
    shipped = datetime.date.fromisoformat(order["shipped_on"])
    return backend.after_working_days(shipped, 1 if order["delivery"] == "express" else 4)


def about(order, status, **more):
    return {"status": status, "order_id": order["id"], **more, "context": {"order_id": order["id"]}}


def track(db, customer, call):
    order, question = backend.find_order(db, customer, call, ("placed", "packed", "shipped"), acts=False)
    if question:
        return question
    number = order["id"]
    if order["status"] in ("placed", "packed"):
        leaves = backend.after_working_days(backend.today(), 1)
        return reply(
            f"Order {number} is {'being packed' if order['status'] == 'packed' else 'in the queue to be packed'} "
            f"and leaves our warehouse on {backend.in_words(leaves)}.",
            about(order, order["status"], leaves_on=leaves.isoformat()),
        )
    if order["status"] == "shipped":
        parcel = "PX" + number[3:] + "GB"
        arrives = due(order)
        left = backend.in_words(datetime.date.fromisoformat(order["shipped_on"]))
        if arrives < backend.today():
            return reply(
                f"Order {number} left us on {left} and is overdue since {backend.in_words(arrives)}: parcel {parcel} is "
                "late. If it is not there in two days, report it as lost and we send a new one.",
                about(order, "late", parcel=parcel, due=arrives.isoformat()),
                0.85,
            )
        return reply(
            f"Order {number} left us on {left} as parcel {parcel} and should arrive by {backend.in_words(arrives)}.",
            about(order, "shipped", parcel=parcel, due=arrives.isoformat()),
        )
    if order["status"] == "delivered":
        on = backend.in_words(datetime.date.fromisoformat(order["delivered_on"]))
        return reply(
            f"Order {number} was delivered on {on} to {order['address']}.",
            about(order, "delivered", delivered_on=order["delivered_on"]),
        )
    return reply(f"Order {number} was cancelled, so nothing is on its way.", about(order, "cancelled"))


# "What happens if my parcel gets lost?" reports nothing.
SUPPOSES = re.compile(r"\bwhat (?:if|happens)\b", re.I)


def report(db, customer, call):
    if SUPPOSES.search(call.get("text") or ""):
        return reply(
            "When a parcel is late, lost or damaged, tell us the number of its order: we search for it with the carrier and "
            "answer within two working days, and what is lost or damaged is replaced. Nothing has been reported so far.",
            {"status": "explained", "source": "rules"},
            0.85,
        )
    order, question = backend.find_order(db, customer, call, ("shipped", "delivered"))
    if question:
        return question
    number = order["id"]
    if order["status"] not in ("shipped", "delivered"):
        return reply(
            f"Order {number} has not left our warehouse, so there is no parcel to report.",
            about(order, "not_shipped", order_status=order["status"]),
            0.8,
        )
    text = call.get("text") or ""
    problem = (
        "damaged"
        if re.search(r"\b(damaged?|broken|crack\w*|dent\w*|smashed|pieces|ruined|wet)\b", text, re.I)
        else "wrong"
        if re.search(r"\b(wrong|isn't what|not what|other|different)\b", text, re.I)
        else "missing"
    )
    case = db.execute(
        "INSERT INTO delivery_reports (idempotency_key, order_id, problem, made_on) VALUES (?, ?, ?, ?)",
        (call["idempotency_key"], number, problem, backend.today().isoformat()),
    ).lastrowid
    next_step = {
        "damaged": "A replacement leaves us on the next working day; keep the damaged goods for the courier, who takes them along.",
        "wrong": "The right goods leave us on the next working day; the courier takes the wrong ones back.",
        "missing": "We have started a search with the carrier and answer within two working days, with a replacement if it is lost.",
    }[problem]
    return reply(
        f"I am sorry about that. I have noted case DR-{case} for order {number} ({problem}). {next_step}",
        about(order, "reported", case=f"DR-{case}", problem=problem),
        0.9,
    )


SKILLS = {"delivery.track": (track, False), "delivery.report": (report, True)}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds for a client to go on with its request
    free = threading.BoundedSemaphore(MOST_REQUESTS)

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status >= 400:
            # Whatever is left of the request has not been read: the connection can't be used again.
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status, reason, detail):
        self.answer(status, {"error": {"reason": reason, "detail": detail}})

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {"status": "ok"})
        else:
            self.refuse(404, "invalid_input", "there is only /health and /agent")

    def do_POST(self):
        if self.path != "/agent":
            return self.refuse(404, "invalid_input", "calls go to /agent")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            return self.refuse(411, "invalid_input", "Content-Length is needed")
        if int(length) > LARGEST_BODY:
            return self.refuse(413, "invalid_input", f"more than {LARGEST_BODY} bytes")
        if not self.free.acquire(blocking=False):
            return self.refuse(503, "unavailable", "too many calls at once")
        try:
            call = json.loads(self.rfile.read(int(length)))
            self.answer(200, backend.serve(SKILLS, call))
        except (ValueError, RecursionError) as error:
            self.refuse(400, "invalid_input", f"not a call: {error}")
        finally:
            self.free.release()

    def log_message(self, format, *args):
        """One line per request would drown what matters; troupe traces the calls."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def listen(port):
    """One warehouse serves all nodes of a machine. Another one that is started there waits until the port is free."""
    told = False
    while True:
        try:
            return Server(("127.0.0.1", port), Handler)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            if not told:
                print(f"warehouse: somebody listens on port {port}; waiting to take over", file=sys.stderr, flush=True)
                told = True
            time.sleep(0.1)


def main():
    server = listen(int(os.environ.get("WAREHOUSE_PORT", "7431")))
    # shutdown() waits for serve_forever(), which runs on the thread that handles signals: hence another one.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"warehouse: listening on 127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    server.server_close()


if __name__ == "__main__":
    main()
