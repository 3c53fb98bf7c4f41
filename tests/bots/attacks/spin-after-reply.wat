;; Replies, and never returns from tidying up after it.
(;MODULE;)
(func (export "cabi_post_retort:bot/handler@1.0.0#respond") (param i32)
  (loop $again (br $again)))
