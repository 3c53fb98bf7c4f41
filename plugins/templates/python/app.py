"""Answers by keywords. `retort dev .` serves it, and again on every save."""

from retort_bot import Bot, answer, button, card, silence, transfer
from wit_world.imports.types import Event_Text, Event_Welcome, Turn

ANSWERS = [
    (("hours", "open"), "opening-hours", "We are open from 9 to 17."),
    (("thank",), "thanks", "You are welcome."),
]


class Keywords(Bot):
    def respond(self, turn: Turn):
        match turn.event:
            case Event_Welcome():
                return answer("Hello!", choices("What can I do for you?"))
            case Event_Text(message):
                return reply(message.text.lower())
            case _:
                return silence()


def reply(said: str):
    if "person" in said:
        return transfer("human_skill", answer("I will find somebody."), note="The consumer asked for a person")
    for words, intent, text in ANSWERS:
        if any(word in said for word in words):
            return answer(text, intent=(intent, 0.9))
    return answer("I did not understand that.", choices("I know these:"))


def choices(text: str):
    buttons = [button("Opening hours"), button("A person")]
    return card({"type": "vertical", "elements": [{"type": "text", "text": text}, *buttons]})


Handler = Keywords
