;; Replies with a million parts of no length, which cost it nothing but the zeroes that they lie in.
(;RESPOND;)
(drop (memory.grow (i32.const 560)))
(i32.store (i32.const 264) (i32.const 524288))
(i32.store (i32.const 268) (i32.const 1000000))
(return (i32.const 256))
