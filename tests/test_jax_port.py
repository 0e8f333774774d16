"`clippy.jax_port`: the vectors of the model in JAX, or a sentence that says which part it does not know."
from types import SimpleNamespace

import numpy as np, pytest, torch
from sentence_transformers.sentence_transformer.modules import Dense
from torch import nn
from transformers import T5Config, T5EncoderModel

from clippy import export as ex
from clippy.jax_port import t5_of, to_jax, vit_of
from exports import compiled, tiny, worst

def relu_t5(model): # as Sentence-T5's: no gate, a layer after the mean; here the layer has a bias and tanh too
    c = model.text[0].model.config.to_dict()|dict(feed_forward_proj='relu')
    for k in 'dense_act_fn','is_gated_act': c.pop(k)
    torch.manual_seed(0)
    model.text[0].model = T5EncoderModel(T5Config(**c)).eval()
    model.text[2] = Dense(32, 32)

def test_jax():
    "Registers, layer scale, class token; then neither, with a projection, or a head; at other sizes and in batches."
    model = tiny(pooling='cls', image_args=dict(reg_tokens=2, init_values=.5), captions=['a duck on the sea']*3)
    assert worst(model, compiled(to_jax(model)), batches=(1,3), at=[(64,64),(72,32)])<ex.tolerance
    for pooling in 'max','avg': # prefix tokens in the pool, as the public port has them
        model = tiny(pooling=pooling, pool_prefix=True, image_args=dict(reg_tokens=2, depth=1))
        assert worst(model, compiled(to_jax(model)), batches=[2], at=[(64,64)], texts=())<ex.tolerance
    for head in 'linear','mlp':
        model = tiny(head=head, image_args=dict(depth=1))
        assert worst(model, compiled(to_jax(model)), batches=[2], at=[(64,64)], texts=())<ex.tolerance
    model = tiny(pooling='avg', width=48, image_args=dict(class_token=False, depth=1))
    assert worst(model, compiled(to_jax(model)), batches=[2], at=[(16,72)], texts=())<ex.tolerance

def test_jax_relu(tmp_path):
    model = tiny(image_args=dict(depth=1))
    relu_t5(model)
    model.save(tmp_path/'m')
    port = to_jax(tmp_path/'m')
    assert port.t5.act=='relu' and port.t5.dense==('tanh',)
    assert 'encoder.block.0.layer.1.DenseReluDense.wi.weight' in port.text
    tokens = model.tokenize(['a duck', 'b'*70])
    ours = model.encode_tokens(tokens).detach().numpy()
    theirs = compiled(port).encode_tokens({k:v.numpy() for k,v in tokens.items()})
    np.testing.assert_allclose(theirs, ours, atol=ex.tolerance)
    with pytest.raises(ValueError, match='multiples of the patch'): port.encode_image(np.zeros((1,3,60,64)))

@pytest.mark.parametrize('args,says', [
    (dict(pre_norm=True), 'norm_pre'), (dict(qk_norm=True), 'attn.k_norm, attn.q_norm'),
    (dict(act_layer='quick_gelu'), 'QuickGELU'), (dict(no_embed_class=True), 'position embeddings'),
    (dict(final_norm=False), 'missing final norm'), (dict(act_layer='gelu_tanh'), 'GELU')])
def test_jax_refuses_image(args, says):
    with pytest.raises(ValueError, match=says): vit_of(tiny(image_args=dict(depth=1)|args))

def test_jax_refuses_text():
    model = tiny(image_args=dict(depth=1))
    model.text[2].activation_function = nn.Softplus()
    with pytest.raises(ValueError, match='activation softplus'): t5_of(model)
    model.text[2].activation_function = nn.Identity()
    model.text[1].pooling_mode = 'cls'
    with pytest.raises(ValueError, match='pooling cls'): t5_of(model)

def test_jax_refuses_others():
    "Before anything is fetched, by the name or by the model."
    other = SimpleNamespace(config=SimpleNamespace(name='tipsv2-b14'))
    for source in 'tipsv2-b14','open_clip:ViT-B-16/openai',other:
        with pytest.raises(ValueError, match='is a model of others, and the JAX port knows those of clippy. ONNX may'):
            to_jax(source)
