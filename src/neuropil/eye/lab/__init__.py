"""How the eye is made out of published weights, and what that costs."""
