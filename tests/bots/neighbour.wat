;; Behaves well: says what it is told. Where a text lies in a turn follows from the contract's records.
(;RESPOND;)
(return (call $say (i32.load offset=108 (local.get $turn)) (i32.load offset=112 (local.get $turn))))
