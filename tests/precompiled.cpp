// A target needs a file; this one is there for its precompiled headers.
