"""From a judged model to a sealed bundle, registered where a team finds it."""
