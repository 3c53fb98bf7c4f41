;; Says what it is told, after about a tenth of a millisecond of work.
(;RESPOND;)
(local $left i32)
(local.set $left (i32.const 50000))
(loop $again
  (local.set $left (i32.sub (local.get $left) (i32.const 1)))
  (br_if $again (local.get $left)))
(return (call $say (i32.load offset=108 (local.get $turn)) (i32.load offset=112 (local.get $turn))))
