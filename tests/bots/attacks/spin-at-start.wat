;; Never finishes starting.
(;MODULE;)
(func $start (loop $again (br $again)))
(start $start)
