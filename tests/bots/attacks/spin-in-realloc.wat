;; Never returns when it is given memory for what it is asked.
(;REALLOC;)
(loop $again (br $again))
