"""The warehouse over HTTP, in this process, on a free port and on the database that SUPPORT_DB names."""

import http.client
import json
import pathlib
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "services"))

import warehouse  # noqa: E402


class WarehouseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = warehouse.Server(("127.0.0.1", 0), warehouse.Handler)
        cls.thread = threading.Thread(target=cls.server.serve_forever, kwargs={"poll_interval": 0.01})
        cls.thread.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.thread.join()
        cls.server.server_close()

    def ask(self, method, path, body=None, headers=None):
        link = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        try:
            link.request(method, path, body, headers or {})
            response = link.getresponse()
            return response.status, json.loads(response.read())
        finally:
            link.close()

    def call(self, skill, customer, text, key="k1"):
        body = {"skill": skill, "text": text, "context": {"customer_id": customer}, "idempotency_key": key}
        status, answer = self.ask("POST", "/agent", json.dumps(body))
        self.assertEqual(status, 200)
        return answer

    def test_tracks_by_state(self):
        shipped = self.call("delivery.track", "C-1002", "where is LF-10201?")
        self.assertEqual(shipped["data"]["status"], "shipped")
        self.assertEqual(shipped["data"]["parcel"], "PX10201GB")
        # Placed three days before the 16th, shipped on the 14th, a Saturday; four working days from there.
        self.assertEqual(shipped["data"]["due"], "2026-11-19")
        self.assertEqual(self.call("delivery.track", "C-1001", "where is my order")["data"]["status"], "placed")
        self.assertEqual(self.call("delivery.track", "C-1004", "where is my order")["data"]["status"], "delivered")

    def test_asks_for_what_it_needs(self):
        self.assertEqual(self.call("delivery.track", "", "where is it")["data"]["missing"], ["customer_id"])
        self.assertEqual(self.call("delivery.track", "C-1002", "order LF-10200")["data"]["missing"], ["order_id"])

    def test_reports_once_per_key(self):
        first = self.call("delivery.report", "C-1003", "my headset arrived broken", "r1")
        again = self.call("delivery.report", "C-1003", "my headset arrived broken", "r1")
        self.assertEqual(first, again)
        self.assertEqual(first["data"]["problem"], "damaged")
        self.assertEqual(self.call("delivery.report", "C-1001", "LF-10200 is lost", "r2")["data"]["status"], "not_shipped")

    def test_a_supposition_reports_nothing(self):
        for text in ("what happens if my parcel gets lost?", "what if LF-10203 arrives broken"):
            self.assertEqual(self.call("delivery.report", "C-1003", text, text)["data"]["status"], "explained")
        self.assertEqual(self.call("delivery.report", "C-1003", "it arrived broken", "s1")["data"]["case"], "DR-1")

    def test_refuses_what_is_no_call(self):
        self.assertEqual(self.ask("POST", "/agent", "{")[0], 400)
        self.assertEqual(self.ask("POST", "/agent", b"\xff\xfe")[0], 400)
        self.assertEqual(self.ask("POST", "/agent", "x", {"Content-Length": "99999999"})[0], 413)
        self.assertEqual(self.ask("POST", "/agent", "", {"Content-Length": "-1"})[0], 411)
        self.assertEqual(self.ask("GET", "/elsewhere")[0], 404)
        self.assertEqual(self.ask("GET", "/health"), (200, {"status": "ok"}))
        self.assertEqual(self.call("delivery.fly", "C-1001", "")["error"]["reason"], "invalid_input")


if __name__ == "__main__":
    unittest.main()
