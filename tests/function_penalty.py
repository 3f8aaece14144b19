"""A penalty made of any function of the code, for the tests of the bench."""

from keras import layers


class Penalty(layers.Layer):
    """Identity layer that adds `weight * function(code)` to the loss."""

    def __init__(self, function, weight=1.0):
        super().__init__()
        self.function, self.weight = function, weight

    def call(self, code):
        self.add_loss(self.weight * self.function(code))
        return code
