"""Checks of where money and coupons come from and go to. Most are screens: facts that conclude nothing."""
