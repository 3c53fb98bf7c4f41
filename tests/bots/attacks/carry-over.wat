;; Counts its turns, in a global and in memory, and says how many there were: a fresh instance has had one.
(;MODULE;)
(global $turns (mut i32) (i32.const 0))
(;RESPOND;)
(global.set $turns (i32.add (global.get $turns) (i32.const 1)))
(i32.store (i32.const 640) (i32.add (i32.load (i32.const 640)) (i32.const 1)))
(i32.store8 (i32.const 512)
  (i32.add (i32.const 48) (i32.or (global.get $turns) (i32.load (i32.const 640)))))
(return (call $say (i32.const 512) (i32.const 1)))
