//! Maps and sets for what is looked up all the time: as the standard ones, with a hash that costs less for short keys. Its seed
//! is another in each process, so that no input can be made to collide.

use foldhash::fast::RandomState;

/// In no order.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// In no order.
pub(crate) type HashSet<T> = std::collections::HashSet<T, RandomState>;

/// In the order of insertion.
pub(crate) type IndexMap<K, V> = indexmap::IndexMap<K, V, RandomState>;

/// In the order of insertion.
pub(crate) type IndexSet<T> = indexmap::IndexSet<T, RandomState>;
