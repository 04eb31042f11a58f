"""Large matrices as JSON text, written by this process and by one beside it.

orjson holds the interpreter's lock while it writes, so that threads would take turns; another
process has a lock of its own. A matrix is cut into portions, which wait in one queue: the helper
takes some, and who waits for the answer takes the others, so that both end together, and so that
nothing is lost where there is no helper.
"""

from app.writing.writer import Text, Writer, Writing

__all__ = ["Text", "Writer", "Writing"]
