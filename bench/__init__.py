"""Benchmarks: each measures Lots beside a peer or a physical limit in the same run. Figures are ratios; machines are shared and noisy."""
