"""Does the whole chain run on and on? What a long run is fed with, sampled by, judged by and told with."""
