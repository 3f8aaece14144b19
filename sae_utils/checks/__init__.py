"""Checks of the exercises' answers. Each prints one line that names the likely mistake.

Every check calls the reader's function on two or three small inputs, of different sizes,
and compares the results with the right answers first, and then with those of known
mistakes. So a number or a size that is written into the function is found out.
"""

from sae_utils.checks.choosing_a_penalty import check_shrinkage, check_top_k
from sae_utils.checks.diagnosis import YOUR_TURN
from sae_utils.checks.inside_a_network import check_clamp, check_loss_recovered
from sae_utils.checks.kl_sparsity import (
    check_lifetime_sparsity,
    check_reverse_kl_gradient,
)
from sae_utils.checks.l1_sparsity import check_honest_penalty, check_nonnegative_threshold
from sae_utils.checks.natural_images import check_soft_whitened, check_with_phases_of
from sae_utils.checks.penalty_pitfalls import (
    anonymous_penalties,
    check_anonymous_penalties,
    check_tanh_penalty,
)
from sae_utils.checks.plain_autoencoder import check_pixel_copy_fvu, check_units_needed
from sae_utils.checks.superposition import check_dimensions_per_feature, check_mmcs

__all__ = [
    "YOUR_TURN",
    "anonymous_penalties",
    "check_anonymous_penalties",
    "check_clamp",
    "check_dimensions_per_feature",
    "check_honest_penalty",
    "check_lifetime_sparsity",
    "check_loss_recovered",
    "check_mmcs",
    "check_nonnegative_threshold",
    "check_pixel_copy_fvu",
    "check_reverse_kl_gradient",
    "check_shrinkage",
    "check_soft_whitened",
    "check_tanh_penalty",
    "check_top_k",
    "check_units_needed",
    "check_with_phases_of",
]
