"""Recordings: what came in, what was decided, what the cameras saw, in one file. The format: ``store_format``."""

from recordings.store_read import Recording, RecordingInfo, VideoFrame, repair
from recordings.store_write import RecordingWriter

__all__ = ["Recording", "RecordingInfo", "RecordingWriter", "VideoFrame", "repair"]
