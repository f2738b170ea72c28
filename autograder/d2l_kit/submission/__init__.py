"""Any hand-in (folder, .py, .ipynb, .zip, .tar, .tar.gz) read as plain text, exercise by exercise.

Nothing of a hand-in is ever run, unpacked to disk, or followed out of its place: what is read here was
written by people who may want to harm the grader. The parts, each knowing only those above it:

    _model       the nouns: Source, Submission, ClassEntry, Told
    _names       what a file's name says: leftovers of systems, chapters, names that must be refused
    _platforms   what learning platforms' names and files say: whose, which attempt, when
    _text        bytes of a .py -> text
    _files       the files of a folder, links never followed, devices never opened
    _archives    the files of a .zip or .tar, in memory, every unpacked byte counted (_bounds, _zip, _tar)
    _magics      a notebook cell -> Python (`%%time`, `!pip`, `?name`)
    _cells       a notebook's JSON -> its cells
    _joining     the cells that one exercise needs -> one module (_statements, _needs)
    _places      which file is which exercise
    _reader      all of it together: read_submission
    _layouts     the folders of Gradescope's exports and of nbgrader's courses
    _classes     the submissions of a class folder or of a learning platform's zip: list_class
    _digest      whether a hand-in is still the same: digest_of
"""

from d2l_kit.submission._classes import list_class
from d2l_kit.submission._digest import digest_of
from d2l_kit.submission._model import ClassEntry, Source, Submission, Told
from d2l_kit.submission._names import is_leftover, is_read, title_of
from d2l_kit.submission._reader import read_submission

__all__ = [
    "ClassEntry",
    "Source",
    "Submission",
    "Told",
    "digest_of",
    "is_leftover",
    "is_read",
    "list_class",
    "read_submission",
    "title_of",
]
