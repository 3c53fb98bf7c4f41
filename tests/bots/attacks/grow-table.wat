;; Asks for a larger table until there is no more.
(;MODULE;)
(table $table 1 funcref)
(;RESPOND;)
(loop $again (drop (table.grow $table (ref.null func) (i32.const 1000))) (br $again))
