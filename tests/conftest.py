"""Settings of all property tests."""

from hypothesis import HealthCheck, settings

# how fast a machine is tells nothing of whether a property holds
settings.register_profile("lichen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lichen")
