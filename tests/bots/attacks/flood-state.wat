;; Sets one key of its state after the other, until it is told that there are too many.
(;IMPORTS;)
(import "retort:bot/state@1.0.0" "set" (func $set (param i32 i32 i32 i32 i32 i32 i64 i32)))
(;RESPOND;)
(local $key i32)
(loop $next
  ;; Three letters: 17,576 keys, more than a scope may have.
  (i32.store8 (i32.const 528) (i32.add (i32.const 97) (i32.div_u (local.get $key) (i32.const 676))))
  (i32.store8 (i32.const 529) (i32.add (i32.const 97) (i32.rem_u (i32.div_u (local.get $key) (i32.const 26)) (i32.const 26))))
  (i32.store8 (i32.const 530) (i32.add (i32.const 97) (i32.rem_u (local.get $key) (i32.const 26))))
  (call $set (i32.const 0) (i32.const 528) (i32.const 3) (i32.const 32) (i32.const 4) (i32.const 0) (i64.const 0) (i32.const 640))
  (if (i32.load8_u (i32.const 640))
    (then
      (if (i32.eq (i32.load8_u (i32.const 648)) (i32.const 1)) (then (return (call $say (i32.const 512) (i32.const 5)))))
      unreachable))
  (local.set $key (i32.add (local.get $key) (i32.const 1)))
  (br_if $next (i32.lt_u (local.get $key) (i32.const 17576))))
(return (call $say (i32.const 520) (i32.const 4)))
(;MODULE;)
(data (i32.const 512) "limit")
(data (i32.const 520) "kept")
