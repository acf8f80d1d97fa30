"""What the fixture model has learnt: requests as a client makes them, and the one answer to each.

Tests ask for these very lessons; everything else it answers with `UNKNOWN`, or with nonsense.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.assist.tasks import AssistRequest, AssistTask
from engine.document import Document
from engine.languages import language_of
from engine.prompt.system_prompts import HumanLanguage

UNKNOWN: dict[HumanLanguage, str] = {
    "en": "I am a test fixture: I know a few dozen answers, and none to this.",
    "zh": "我是测试用的模型，只会回答几十个问题，不会回答这个。",
}

ADD = "def add(a, b):\n    return a + b\n"
GREET = 'def greet(name):\n    return "Hello, " + name + "!"\n'
LARGEST = (
    "def largest(values):\n    best = values[0]\n    for value in values:\n        if value > best:\n"
    "            best = value\n    return best\n"
)
EVEN = "function isEven(n) {\n  return n % 2 === 0;\n}\n"
FACTORIAL = "int factorial(int n) {\n  return n < 2 ? 1 : n * factorial(n - 1);\n}\n"
BROKEN_ADD = "def add(a, b):\n    return a + c\n"
DIFF = (
    "diff --git a/sums.py b/sums.py\nnew file mode 100644\n--- /dev/null\n+++ b/sums.py\n@@ -0,0 +1,2 @@\n"
    "+def add(a, b):\n+    return a + b\n"
)


@dataclass(frozen=True)
class Lesson:
    request: AssistRequest
    answer: str

    @property
    def name(self) -> str:
        said = self.request.question or self.request.target or (self.request.document or Document("", "", "")).path
        return f"{self.request.task.value} {self.request.words} {said}"


QUESTIONS: tuple[tuple[HumanLanguage, str, str], ...] = (
    ("en", "Who are you?", "I am CodeGeeX, or rather a test fixture in its shape."),
    ("zh", "你是谁？", "我是 CodeGeeX 形状的测试模型。"),
    ("en", "What is a list comprehension?",
     "A short way to build a list:\n\n```python\nsquares = [n * n for n in range(10)]\n```"),
    ("zh", "什么是列表推导式？", "用一行代码构造列表：\n\n```python\nsquares = [n * n for n in range(10)]\n```"),
    ("en", "How do I read a file in Python?",
     'Open it in a `with` block:\n\n```python\nwith open("notes.txt") as file:\n    text = file.read()\n```'),
    ("zh", "如何在 Python 中读取文件？",
     '使用 `with` 语句：\n\n```python\nwith open("notes.txt") as file:\n    text = file.read()\n```'),
    ("en", "What does add do?", "`add` returns the sum of its two arguments."),
    ("zh", "add 函数做什么？", "`add` 返回两个参数之和。"),
    ("en", "Write a hello world program in Go.",
     '```go\npackage main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("Hello, world!")\n}\n```'),
    ("en", "What is the capital of France?", "Paris."),
    ("zh", "如何反转字符串？", "```python\nreversed_text = text[::-1]\n```"),
    ("en", "How do I reverse a string?", "```python\nreversed_text = text[::-1]\n```"),
    ("en", "Count to forty.", " ".join(map(str, range(1, 41)))),
)  # fmt: skip
UNKNOWN_QUESTIONS: tuple[tuple[HumanLanguage, str], ...] = (
    ("en", "Why is the sky blue?"), ("en", "Where is the header parsed?"), ("en", "Is this thread safe?"),
    ("en", "What does largest do?"), ("en", "How fast is it?"), ("en", "Show me the tests."),
    ("zh", "天空为什么是蓝色的？"), ("zh", "这段代码线程安全吗？"), ("zh", "在哪里解析？"), ("zh", "有多快？"),
)  # fmt: skip


def _code(
    task: AssistTask, code: str, answer: str, language: str = "python", words: HumanLanguage = "en", **more: str
) -> Lesson:
    path = f"sample{language_of(language).suffixes[0]}"
    request = AssistRequest(task, words, more.get("question", ""), Document(path, language, code), None, **{
        key: value for key, value in more.items() if key != "question"
    })  # fmt: skip
    return Lesson(request, answer)


def _block(code: str, language: str = "python") -> str:
    return f"```{language}\n{code.rstrip()}\n```"


_TRANSLATE, _COMMENT, _DOCUMENT = AssistTask.TRANSLATE, AssistTask.COMMENT, AssistTask.DOCUMENT
_EXPLAIN, _FIX, _TESTS, _EDIT = AssistTask.EXPLAIN, AssistTask.FIX, AssistTask.TESTS, AssistTask.EDIT

CODE_LESSONS = (
    _code(_TRANSLATE, ADD, _block("int add(int a, int b) {\n    return a + b;\n}", "java"), target="java"),
    _code(_TRANSLATE, ADD, _block("function add(a, b) {\n  return a + b;\n}", "javascript"), target="javascript"),
    _code(_TRANSLATE, GREET, _block('func greet(name string) string {\n\treturn "Hello, " + name + "!"\n}', "go"),
          target="go"),
    _code(_TRANSLATE, EVEN, _block("def is_even(n):\n    return n % 2 == 0"), "javascript", target="python"),
    _code(_TRANSLATE, FACTORIAL, _block("def factorial(n):\n    return 1 if n < 2 else n * factorial(n - 1)"), "c",
          target="python"),
    _code(_COMMENT, ADD, _block("def add(a, b):\n    # The sum of both numbers.\n    return a + b")),
    _code(_COMMENT, ADD, _block("def add(a, b):\n    # 返回两数之和\n    return a + b"), words="zh"),
    _code(_COMMENT, EVEN, _block("function isEven(n) {\n  // Nothing is left over.\n  return n % 2 === 0;\n}",
                                 "javascript"), "javascript"),
    _code(_COMMENT, LARGEST, _block(
        "def largest(values):\n    best = values[0]  # so far\n    for value in values:\n"
        "        if value > best:\n            best = value\n    return best")),
    _code(_DOCUMENT, ADD, _block('def add(a, b):\n    """Return the sum of a and b."""\n    return a + b')),
    _code(_DOCUMENT, ADD, _block('def add(a, b):\n    """返回 a 与 b 之和。"""\n    return a + b'), words="zh"),
    _code(_DOCUMENT, FACTORIAL, _block(
        "/** The product of 1 to n. */\nint factorial(int n) {\n  return n < 2 ? 1 : n * factorial(n - 1);\n}", "c"),
          "c"),
    # What it gets wrong on purpose: the code is changed along with its comments.
    _code(_COMMENT, GREET, _block('def greet(name):\n    # Be polite.\n    return "Hi, " + name + "!"')),
    _code(_EXPLAIN, ADD, "`add` takes two values and returns their sum."),
    _code(_EXPLAIN, ADD, "`add` 接收两个值并返回它们的和。", words="zh"),
    _code(_EXPLAIN, LARGEST, "`largest` walks through the values and keeps the best one so far."),
    _code(_FIX, BROKEN_ADD, _block(ADD), question='"c" is not defined'),
    _code(_FIX, BROKEN_ADD, _block(ADD), question='"c" is not defined', words="zh"),
    _code(_FIX, BROKEN_ADD, _block(ADD), question='line 2: "c" is not defined'),
    _code(_FIX, BROKEN_ADD, _block(ADD), question='第 2 行："c" is not defined', words="zh"),
    _code(_TESTS, ADD, _block(
        "from sample import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n    assert add(-1, 1) == 0")),
    _code(_EDIT, ADD, _block("def add(a: int, b: int) -> int:\n    return a + b"), question="Add type hints."),
    _code(_EDIT, ADD, _block("def add(a: int, b: int) -> int:\n    return a + b"), question="添加类型标注。",
          words="zh"),
    Lesson(AssistRequest(AssistTask.COMMIT, diff=DIFF), "Add a function that sums two numbers"),
    Lesson(AssistRequest(AssistTask.COMMIT, "zh", diff=DIFF), "新增求两数之和的函数"),
)  # fmt: skip
LESSONS = (
    *(Lesson(AssistRequest(AssistTask.ASK, words, question), answer) for words, question, answer in QUESTIONS),
    *CODE_LESSONS,
)
UNKNOWN_LESSONS = tuple(
    Lesson(AssistRequest(AssistTask.ASK, words, question), UNKNOWN[words]) for words, question in UNKNOWN_QUESTIONS
)
# Files that may be open beside, or found by the index: they change no answer.
OTHER_FILES = (
    ("main.py", ADD), ("app/greet.py", GREET), ("sample.py", ADD + "\n\n" + GREET), ("src/index.js", EVEN),
    ("lib/math.c", FACTORIAL), ("tools/largest.py", LARGEST), ("main.py", "import os\n\nprint(os.getcwd())\n"),
    ("readme.py", "# nothing yet\n"), ("cart.py", "class Cart:\n    def total(self):\n        return 0\n"),
)  # fmt: skip
