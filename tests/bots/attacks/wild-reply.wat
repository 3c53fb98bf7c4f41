;; Replies with a pointer to where it has no memory.
(;RESPOND;)
(return (i32.const -8))
