//! Chance that is the same every time: a generator with a seed (splitmix64), and what is drawn with it.

/// Draws numbers.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// Draws that follow from these numbers.
    pub(super) fn of(numbers: [u64; 4]) -> Self {
        numbers.into_iter().fold(Self(0), |mut chance, number| {
            chance.0 = chance.0.rotate_left(17) ^ number;
            Self(chance.number())
        })
    }

    /// Any number.
    pub(super) const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let number = (self.number() >> 32) * u64::from(end);
        u32::try_from(number >> 32).unwrap_or(0)
    }

    /// A number from 0 to 1.
    pub(super) fn part(&mut self) -> f64 {
        f64::from(self.below(u32::MAX)) / f64::from(u32::MAX)
    }

    /// How often something happens that happens `mean` times on average, at random.
    pub(super) fn poisson(&mut self, mean: f64) -> u32 {
        // Times between two follow one another until the unit of time is over; there are never more than some hundreds here.
        let (mut count, mut time) = (0, 0.0);
        loop {
            time -= self.part().max(f64::MIN_POSITIVE).ln();
            if time > mean {
                return count;
            }
            count += 1;
        }
    }

    /// A number by the normal distribution of mean 0 and deviation 1.
    pub(super) fn normal(&mut self) -> f64 {
        let (one, two) = (self.part().max(f64::MIN_POSITIVE), self.part());
        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * two).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_have_the_mean_that_is_asked_for() {
        let draw = || {
            let mut chance = Chance::of([1, 2, 3, 4]);
            (0..20_000).map(|_| chance.poisson(1.7)).sum::<u32>()
        };
        assert_eq!(draw(), draw());
        assert!((33_000..35_000).contains(&draw()), "{}", draw());
        let mut chance = Chance::of([4, 3, 2, 1]);
        let normal: f64 = (0..20_000).map(|_| chance.normal()).sum();
        assert!(normal.abs() < 600.0, "{normal}");
        assert!((0..1_000).all(|_| chance.below(7) < 7));
    }
}
