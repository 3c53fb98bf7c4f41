"""Sums an order up. `retort invoke . --payload payloads/event.json` tries it."""

from retort_bot import Function


class Sum(Function):
    def invoke(self, headers: dict, payload):
        total = sum(item["price"] * item["count"] for item in payload["items"])
        print("summed up", len(payload["items"]), "items")
        return {"message": f"Thank you, {payload['name']}!", "total": total}


FunctionHandler = Sum
