//! What entries say, by number: 0 for an exclusion, a number for each value, and one for each group of values that answer together.

use std::collections::HashMap;
use std::sync::Arc;

use atalaya_formats::rbldnsd::Value;

/// The number of what an entry says.
pub(super) type Number = u32;

/// The number of an exclusion.
pub(super) const EXCLUDED: Number = 0;

/// What several entries for the same addresses mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Together {
    /// All of them answer, unless one is an exclusion.
    All,
    /// The first one counts.
    First,
}

/// The number of an entry with this value, as the reader numbers values.
pub(super) fn number_of(value: Option<u32>) -> Number {
    value.map_or(EXCLUDED, |value| value.saturating_add(1))
}

/// Values by number.
#[derive(Debug, Default, Clone)]
pub(super) struct Values {
    single: Arc<Vec<Value>>,
    groups: Vec<Box<[Number]>>,
}

impl Values {
    /// The values behind a number; none for an exclusion.
    pub(super) fn get(&self, number: Number) -> impl Iterator<Item = &Value> {
        let place = usize::try_from(number).unwrap_or(usize::MAX).checked_sub(1);
        let own = place.and_then(|place| self.single.get(place));
        let group = place.and_then(|place| self.groups.get(place.checked_sub(self.single.len())?));
        let members = group.into_iter().flat_map(|group| group.iter());
        let members =
            members.filter_map(|member| self.single.get(usize::try_from(*member).ok()?.checked_sub(1)?));
        own.into_iter().chain(members)
    }

    /// Whether these are the values of single entries.
    pub(super) fn are(&self, single: &[Value]) -> bool {
        self.single.as_slice() == single
    }

    /// Bytes that it takes, without what allocation adds.
    pub(super) fn bytes(&self) -> usize {
        let texts = self.single.iter().map(|value| match value {
            Value::Listed(_, Some(text)) => text.len(),
            _ => 0,
        });
        let groups = self.groups.iter().map(|group| size_of_val(&**group));
        let tables = size_of_val(self.single.as_slice()).saturating_add(size_of_val(self.groups.as_slice()));
        texts.chain(groups).fold(tables, usize::saturating_add)
    }
}

/// Gives numbers to groups of values.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    values: Values,
    known: HashMap<Box<[Number]>, Number>,
}

impl Grouping {
    /// Begins with the values of a dataset.
    pub(super) fn new(single: Vec<Value>) -> Self {
        Self {
            values: Values {
                single: Arc::new(single),
                groups: Vec::new(),
            },
            known: HashMap::new(),
        }
    }

    /// The number of what entries for the same addresses mean, in the order in which they were read.
    pub(super) fn join(&mut self, numbers: impl Iterator<Item = Number>, together: Together) -> Number {
        let mut numbers = numbers.peekable();
        let first = numbers.next().unwrap_or(EXCLUDED);
        if together == Together::First || numbers.peek().is_none() {
            return first;
        }
        let mut group: Vec<Number> = vec![first];
        for number in numbers {
            if !group.contains(&number) {
                group.push(number);
            }
        }
        if group.contains(&EXCLUDED) {
            return EXCLUDED;
        }
        if group.len() == 1 {
            return first;
        }
        group.sort_unstable();
        if let Some(number) = self.known.get(group.as_slice()) {
            return *number;
        }
        let taken = self.values.single.len().saturating_add(self.values.groups.len());
        let number = Number::try_from(taken.saturating_add(1)).unwrap_or(first);
        self.values.groups.push(group.clone().into());
        self.known.insert(group.into(), number);
        number
    }

    /// The values with the groups up to now.
    pub(super) const fn values(&self) -> &Values {
        &self.values
    }

    /// The values with their groups.
    pub(super) fn finish(self) -> Values {
        self.values
    }
}
