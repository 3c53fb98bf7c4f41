;; Asks for what no host offers.
(;IMPORTS;)
(import "acme:orders/api@1.0.0" "cancel" (func $cancel))
(;RESPOND;)
(call $cancel)
