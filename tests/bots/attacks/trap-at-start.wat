;; Gives up while it starts.
(;MODULE;)
(func $start (unreachable))
(start $start)
