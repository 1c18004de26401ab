//! numpy's sums of float64, to the last bit.

/// Elements that one block of a sum has at most (`PW_BLOCKSIZE` of numpy).
const BLOCK: usize = 128;

/// `numpy.sum` of a vector: by halves, and eight sums side by side within a block (numpy's `DOUBLE_pairwise_sum`).
pub fn pairwise_sum(values: &[f64]) -> f64 {
    // The sum begins with what numpy has as the identity of addition.
    0.0 + pairwise(values)
}

fn pairwise(values: &[f64]) -> f64 {
    if values.len() < 8 {
        return values.iter().fold(-0.0, |sum, value| sum + value);
    }
    if values.len() > BLOCK {
        let half = values.len() / 2;
        let (left, right) = values.split_at(half - half % 8);
        return pairwise(left) + pairwise(right);
    }
    let mut eights = values.chunks_exact(8);
    let mut sums = [0.0; 8];
    if let Some(first) = eights.next() {
        sums.copy_from_slice(first);
    }
    for eight in &mut eights {
        for (sum, value) in sums.iter_mut().zip(eight) {
            *sum += value;
        }
    }
    let four = |at: usize| (sums[at] + sums[at + 1]) + (sums[at + 2] + sums[at + 3]);
    eights.remainder().iter().fold(four(0) + four(4), |sum, value| sum + value)
}
