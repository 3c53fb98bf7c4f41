;; Calls itself until the stack of its calls is full.
(;MODULE;)
(func $deeper (param $depth i64) (result i64)
  (i64.add (i64.const 1) (call $deeper (i64.add (local.get $depth) (i64.const 1)))))
(;RESPOND;)
(drop (call $deeper (i64.const 0)))
