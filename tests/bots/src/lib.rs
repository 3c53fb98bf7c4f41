//! Nothing: each example beside this file's folder is a component of its own.
