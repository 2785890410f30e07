//! The ids of the catalog's rules, made from the tables when the program is built.

use crate::finding::RuleId;

include!(concat!(env!("OUT_DIR"), "/rule_ids.rs"));
