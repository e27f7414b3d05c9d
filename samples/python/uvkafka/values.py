"""What calls take as keys, values and headers."""
from __future__ import annotations

from typing import Mapping, Optional, Sequence, Tuple, Union

Bytes = Union[bytes, bytearray, memoryview, str]
"""A str is written as UTF-8."""
Headers = Union[Mapping[str, Optional[Bytes]], Sequence[Tuple[str, Optional[Bytes]]]]
