;; Gives up when it is given memory for what it is asked.
(;REALLOC;)
(unreachable)
