;; Replies with a million empty intents beside no part at all.
(;RESPOND;)
(drop (memory.grow (i32.const 500)))
(i32.store (i32.const 304) (i32.const 524288))
(i32.store (i32.const 308) (i32.const 1000000))
(return (i32.const 256))
