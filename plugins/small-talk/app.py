"""Makes small talk, and counts what was said."""

import json
import re

from retort_bot import Bot, Conversation, answer, button, quick_replies, silence, state, transfer
from wit_world.imports.types import Channel_Chat, Event_Text, Event_Welcome, Turn

ANSWERS = [
    (r"\b(hi|hello|hey)\b", "Hello to you!"),
    (r"\bhow are you\b", "As well as a program can be."),
    (r"\bthanks?\b", "You are welcome."),
    (r"\bweather\b", "I have no window. Is it raining where you are?"),
]


class SmallTalk(Bot):
    def respond(self, turn: Turn):
        match turn.event:
            case Event_Welcome():
                return answer("Hi, let us talk.", topics(turn))
            case Event_Text(message):
                return self.talk(message.text)
            case _:
                return silence()

    def talk(self, text: str):
        said = state.get(Conversation, "said", 0) + 1
        state.set(Conversation, "said", said)
        if re.search(r"\bperson\b", text, re.IGNORECASE):
            return transfer("human_skill", answer("I will find somebody."), note=f"They said {said} things to me")
        if re.search(r"\bhow (much|many)\b", text, re.IGNORECASE):
            return answer(f"You have said {said} things.")
        for pattern, words in ANSWERS:
            if re.search(pattern, text, re.IGNORECASE):
                return answer(words, intent=("small-talk", 0.8))
        return answer(f"Tell me more about {json.dumps(text, ensure_ascii=False)}.")


def topics(turn: Turn):
    if isinstance(turn.conversation.channel, Channel_Chat):
        # A live chat takes no quick replies.
        return "About what? The weather, or do you want a person?"
    return quick_replies("About what?", [button("The weather"), button("A person")])


Handler = SmallTalk
