import asyncio

import pytest

from realtime_chat.cli.tool_prompt import ToolPrompt
from realtime_chat.session.notices import Fault, ToolOutcome, ToolQuestion, ToolResult

QUESTION = ToolQuestion("c1", "pay", '{"sum": 3}')


class Person:
    """Answers when told to."""

    def __init__(self):
        self.questions = []
        self.allowed = []
        self.answers = asyncio.Queue()
        self.given_up = 0
        self.prompt = ToolPrompt(lambda *answer: self.allowed.append(answer), ask=self.ask)

    async def ask(self, question):
        self.questions.append(question)
        try:
            return await self.answers.get()
        except asyncio.CancelledError:
            self.given_up += 1
            raise


async def rest():
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("answer", [True, False])
async def test_a_question_is_put_and_its_answer_passed_on(answer):
    person = Person()
    person.prompt(Fault("x", "y"))
    person.prompt(QUESTION)
    person.answers.put_nowait(answer)
    await rest()
    assert (person.questions, person.allowed) == (["May it call pay(sum=3)? [y/N] "], [("c1", answer)])


async def test_a_question_that_is_over_is_given_up():
    person = Person()
    person.prompt(QUESTION)
    await rest()
    person.prompt(ToolResult("other", "look", ToolOutcome.DONE, "", 1))
    await rest()
    assert person.given_up == 0
    person.prompt(ToolResult("c1", "pay", ToolOutcome.REFUSED, "", 1))
    await rest()
    assert (person.given_up, person.allowed) == (1, [])


async def test_no_question_is_left_at_the_end():
    person = Person()
    await person.prompt.aclose()
    person.prompt(QUESTION)
    await rest()
    await person.prompt.aclose()
    assert person.given_up == 1
