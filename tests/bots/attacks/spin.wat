;; Never returns.
(;RESPOND;)
(loop $again (br $again))
